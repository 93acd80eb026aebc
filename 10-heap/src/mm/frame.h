// Frames: the pages of physical memory, one by one.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/attributes.h"
#include "mm/address.h"

// Makes all pages available that the memory map calls free.  The cost
// grows with the number of its areas, not with their size, and no frame
// is touched.
void frame_init(void);

// Hands out a frame.  Its content is undefined.  False if none is left.
// Frames that were given back are handed out first, and then fresh ones
// in the order of their addresses.  Not for an interrupt handler.
NODISCARD bool frame_allocate(phys_addr_t *frame);

// Gives a frame back; its owner must not touch it any more.  Panics if
// the frame was never handed out or is back already.  Not for an
// interrupt handler.
void frame_free(phys_addr_t frame);

// How many frames there are, and how many of them are free.
size_t frame_count(void);
size_t frame_free_count(void);
