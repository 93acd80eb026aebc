// The kernel takes over its memory.
#pragma once

#include <stdint.h>

#include "mm/address.h"

// All RAM appears from here on, at its physical address plus this: the
// first address of the upper half.  Code is read-only there, too, and
// nothing can be executed.
#define MEMORY_WINDOW      UINT64_C(0xffff800000000000)
#define MEMORY_WINDOW_SIZE (UINT64_C(64) << 40)

// Reads what GRUB tells at `boot_info`, sets up the frames, and moves
// to page tables of the kernel's own: code can be read and executed,
// constants can be read, and only data and stacks can be written to.
// To be called once, after exceptions_init(), with interrupts off.
void memory_init(phys_addr_t boot_info);

// Prints GRUB's memory map, and how much is free.
void memory_print(void);
