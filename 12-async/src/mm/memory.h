// The kernel takes over its memory.
#pragma once

#include <stdint.h>

#include "mm/address.h"

// All RAM appears from here on, at its physical address plus this: the
// first address of the upper half.  Nothing can be executed here, and
// the kernel's code and constants cannot be written to here either.
#define MEMORY_WINDOW      UINT64_C(0xffff800000000000)
#define MEMORY_WINDOW_SIZE (UINT64_C(64) << 40)

// Reads GRUB's information at `boot_info`, sets up the frames, and
// moves to page tables of the kernel's own.  Where the kernel is, its
// code can be read and executed, its constants can be read, its data
// and stacks can be read and written to.  To be called once, after
// exceptions_init(), with interrupts off.
void memory_init(phys_addr_t boot_info);

// Prints GRUB's memory map, and how much memory is free.
void memory_print(void);
