// What GRUB tells about the machine (Multiboot2 specification, "Boot
// information format").
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/ranges.h"

// What an area of memory is for.  Other numbers mean: not for us.
enum memory_type {
    MEMORY_AVAILABLE = 1,
    MEMORY_RESERVED = 2,
    MEMORY_ACPI = 3,     // tables, which may be read
    MEMORY_ACPI_NVS = 4, // the firmware's own
    MEMORY_DEFECTIVE = 5,
};

struct memory_area {
    struct range range;
    uint32_t type;
};

// Says what is wrong with the information at `info`, or NULL if the
// functions below can read it.  It lies on a multiple of 8; up to
// `limit` bytes of it are looked at.
const char *multiboot2_check(const void *info, size_t limit);

// How many bytes the information takes.
size_t multiboot2_size(const void *info);

// The area of the memory map, the module or the ELF section with this
// number, from 0 on; false behind the last.  The ranges may be empty,
// overlap and come in any order, but none wraps around.
bool multiboot2_memory(const void *info, size_t number,
                       struct memory_area *area);
bool multiboot2_module(const void *info, size_t number,
                       struct range *range);
bool multiboot2_section(const void *info, size_t number,
                        struct range *range);
