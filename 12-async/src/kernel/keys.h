// Keys, for tasks to wait for.
//
// The interrupt handler puts the keyboard's bytes into a queue, and
// wakes who waits; what they mean is found out there.
#pragma once

#include "lib/scancode.h"
#include "task/future.h"

// The next key that is pressed.
struct next_key {
    struct future future;
    struct key key;     // the result
    struct waker waker; // who waits; to be touched by keys.c only
};

// Takes the keyboard over, with the US layout.  After keyboard_init().
void keys_init(void);

// For one task at a time: who waits while another does makes this
// panic.  What was typed before is there at once, and if bytes were
// lost this is printed, once for all that were.
struct next_key keys_next(void);

// From the next key on.
void keys_set_layout(const struct layout *layout);

// How many of the keyboard's bytes found the queue full, and were lost.
uint64_t keys_lost(void);
