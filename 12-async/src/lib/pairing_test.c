#include "lib/pairing.h"

#include <stddef.h>

#include "test/test.h"

enum { NODES = 100 };

static struct pairing_node nodes[NODES];

// All keys from 0 to 99, in no order: 37 and 100 have no divisor in
// common.
static struct pairing_heap filled(void)
{
    struct pairing_heap heap = {0};
    for (unsigned i = 0; i < NODES; i++) {
        nodes[i].key = i * 37 % NODES;
        pairing_add(&heap, &nodes[i]);
    }
    return heap;
}

TEST(pairing_heap_finds_the_smallest)
{
    struct pairing_heap heap = filled();
    for (unsigned i = 0; i < NODES; i++) {
        CHECK_EQUAL(heap.first->key, i);
        pairing_remove(&heap, heap.first);
    }
    CHECK(heap.first == NULL);
}

TEST(pairing_heap_loses_any_node)
{
    struct pairing_heap heap = filled();
    pairing_remove(&heap, heap.first); // so that there are levels
    for (unsigned i = 1; i < NODES; i++) {
        if (nodes[i].key % 2 == 0) {
            pairing_remove(&heap, &nodes[i]);
        }
    }
    for (unsigned i = 1; i < NODES; i += 2) {
        CHECK_EQUAL(heap.first->key, i);
        pairing_remove(&heap, heap.first);
    }
    CHECK(heap.first == NULL);
}

TEST(pairing_heap_has_equal_keys_side_by_side)
{
    struct pairing_heap heap = {0};
    for (unsigned i = 0; i < NODES; i++) {
        nodes[i].key = i / 50;
        pairing_add(&heap, &nodes[i]);
    }
    for (unsigned i = 0; i < NODES; i++) {
        CHECK_EQUAL(heap.first->key, i / 50);
        pairing_remove(&heap, heap.first);
    }
    CHECK(heap.first == NULL);
}
