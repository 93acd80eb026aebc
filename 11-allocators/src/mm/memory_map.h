// What each page of physical memory is.  Pages have numbers here: their
// address divided by PAGE_SIZE.
#pragma once

#include <stdint.h>

#include "boot/multiboot2.h"

enum ram {
    RAM_NONE, // no memory, or a page that the firmware wants left alone
    RAM_USED, // not for us: taken, or the firmware's tables
    RAM_FREE,
};

// Behind the last page that an address can have.
#define MEMORY_MAP_END (UINT64_C(1) << (64 - PAGE_BITS))

// The addresses of a range are in use, and no page with one of them is
// free.  All such calls come before frame_init().
void memory_map_keep(struct range range);

// What a page is, by GRUB's information and what is kept.  Where areas
// overlap, the one that allows less is right.
enum ram memory_map_at(uint64_t page);

// The first page after this one that can be something else than this:
// all pages in between are the same.  MEMORY_MAP_END if there is none.
uint64_t memory_map_next(uint64_t page);
