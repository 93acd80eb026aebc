// The device isa-debug-exit, by which a kernel ends the QEMU it is in.
#pragma once

#include "lib/attributes.h"

// QEMU makes exit status 2 * value + 1 of it: 33 and 35, which it never
// uses itself.
enum qemu_result { QEMU_SUCCESS = 0x10, QEMU_FAILURE = 0x11 };

// Halts if there is no such device.
NORETURN void qemu_exit(enum qemu_result result);
