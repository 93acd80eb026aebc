// Frames: the pages of physical memory, one by one.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/attributes.h"
#include "lib/ranges.h"
#include "mm/address.h"

// Makes the whole frames in `free` available.  The cost grows with the
// number of ranges, not with their size, and no frame is touched.  A
// bit for each is taken from the first range below `phys_reach` that
// has the room.
void frame_init(const struct ranges *free);

// A frame that nobody else has, its contents undefined; false if none
// is left.  Fresh frames come in the order of their addresses, those
// that were given back before them.  Not for an interrupt handler.
NODISCARD bool frame_allocate(phys_addr_t *frame);

// Gives a frame back; nobody may touch it any more.  Panics if it was
// not handed out, or is back already.
void frame_free(phys_addr_t frame);

// How many frames there are, and how many of them are free.
size_t frame_count(void);
size_t frame_free_count(void);
