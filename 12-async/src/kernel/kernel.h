// Where the kernel begins, for the code that starts it.
#pragma once

#include <stdint.h>

#include "lib/attributes.h"

// Called once by boot.asm, in 64-bit mode, with interrupts off.
// `boot_info` is the physical address of what GRUB tells about the
// machine.  It does not return: there is nobody to return to.
NORETURN void kernel_main(uint32_t boot_info);

// Sets up what every kernel needs, a test's too.  Interrupts are on
// when it returns.
void kernel_init(uint32_t boot_info);
