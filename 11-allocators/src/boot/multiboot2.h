// What GRUB says about the machine (Multiboot2 specification, "Boot
// information format").
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mm/address.h"

// Physical addresses from `start` up to, but not including, `end`; none
// at all unless start is below end.
struct range {
    uint64_t start;
    uint64_t end;
};

// What an area of memory is for.  All other numbers mean reserved.
enum memory_type {
    MEMORY_AVAILABLE = 1,
    MEMORY_RESERVED = 2,
    MEMORY_ACPI = 3,     // the firmware's tables; they may be read
    MEMORY_ACPI_NVS = 4, // the firmware's own; hands off
    MEMORY_DEFECTIVE = 5,
};

struct memory_area {
    struct range range;
    uint32_t type;
};

// Every tag begins with these two; its content follows.
struct multiboot2_tag {
    uint32_t type;
    uint32_t size; // in bytes, these two included
};

// Checks the information at `info` and remembers where it is, for the
// functions below.  Returns what is wrong with it, or NULL.  It has to
// be called first, and must have returned NULL.
const char *multiboot2_use(phys_addr_t info);

// Where the information itself lies.
struct range multiboot2_range(void);

// The area of the memory map, or the module (a file that GRUB loaded
// along with the kernel), with this number, from 0 on; false past the
// last.  Areas can be empty, overlap and come in any order, but none of
// them wraps around.
bool multiboot2_area(size_t number, struct memory_area *area);
bool multiboot2_module(size_t number, struct range *module);

// The tag with this number among those of a type; NULL past the last.
const struct multiboot2_tag *multiboot2_find(uint32_t type,
                                             size_t number);
