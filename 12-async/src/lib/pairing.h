// A pairing heap: finds the smallest of many keys, and needs no memory
// but its nodes (Fredman, Sedgewick, Sleator and Tarjan, "The Pairing
// Heap", 1986).
#pragma once

#include <stdint.h>

// To be put into whatever has the key; `key` is to be set by its owner,
// the rest is the heap's.
struct pairing_node {
    uint64_t key;
    struct pairing_node *child;    // the first node below
    struct pairing_node *next;     // beside it, below the same one
    struct pairing_node *previous; // beside it, or the one above
};

// Empty when it is all zeros.
struct pairing_heap {
    struct pairing_node *first; // has the smallest key; NULL if empty
};

// Costs the same whatever is in the heap.
void pairing_add(struct pairing_heap *heap, struct pairing_node *node);

// Takes out a node that is in the heap.  Costs as much as the logarithm
// of their number, on the average over all that is done to a heap.
void pairing_remove(struct pairing_heap *heap,
                    struct pairing_node *node);
