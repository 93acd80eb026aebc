// Things with more than one owner: the last one gives them back.
#pragma once

#include <stddef.h>

// Part of each such thing.
struct shared {
    size_t owners;
    void (*release)(struct shared *self); // called when none is left
};

// The caller is the first owner.
void shared_init(struct shared *shared,
                 void (*release)(struct shared *self));

// One owner more, or less.  Who has given a thing up must not touch it
// again.
void shared_take(struct shared *shared);
void shared_give_up(struct shared *shared);
