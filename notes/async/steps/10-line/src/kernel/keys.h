// Keys, for tasks to wait for.
//
// The interrupt handler only puts the keyboard's bytes into a queue and
// wakes the task that waits; the task finds out what they mean.
#pragma once

#include "lib/scancode.h"
#include "task/future.h"

// A key that is pressed.
struct next_key {
    struct future future;
    struct key key; // the result
    uint64_t lost;  // how many bytes the queue has lost before it
};

// Takes the keyboard over, with the US layout.  After keyboard_init().
void keys_init(void);

// The next key.  One that was pressed before is there at once.  Only
// one task may wait for keys at a time; a second one panics.
struct next_key keys_next(void);

// How many of the keyboard's bytes found the queue full and were lost.
uint64_t keys_lost(void);
