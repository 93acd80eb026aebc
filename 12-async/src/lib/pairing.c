// A tree in which no key is smaller than the one above it.  Removing
// the root leaves many trees, which are united two by two from left to
// right and then all from right to left: a tree that was wide becomes
// half as wide, so that the next removal costs less.
#include "lib/pairing.h"

#include <stddef.h>

// Two trees become one; either may be NULL.
static struct pairing_node *unite(struct pairing_node *a,
                                  struct pairing_node *b)
{
    if (a == NULL || b == NULL) {
        return a != NULL ? a : b;
    }
    if (b->key < a->key) {
        struct pairing_node *smaller = b;
        b = a;
        a = smaller;
    }
    b->next = a->child;
    b->previous = a;
    if (a->child != NULL) {
        a->child->previous = b;
    }
    a->child = b;
    return a;
}

// The first of a row of trees, alone.
static struct pairing_node *split(struct pairing_node **row)
{
    struct pairing_node *node = *row;
    if (node != NULL) {
        *row = node->next;
        node->next = NULL;
        node->previous = NULL;
    }
    return node;
}

static struct pairing_node *unite_row(struct pairing_node *row)
{
    struct pairing_node *pairs = NULL; // the last one first
    while (row != NULL) {
        struct pairing_node *first = split(&row);
        struct pairing_node *pair = unite(first, split(&row));
        pair->next = pairs;
        pairs = pair;
    }
    struct pairing_node *tree = NULL;
    while (pairs != NULL) {
        tree = unite(split(&pairs), tree);
    }
    return tree;
}

void pairing_add(struct pairing_heap *heap, struct pairing_node *node)
{
    node->child = NULL;
    node->next = NULL;
    node->previous = NULL;
    heap->first = unite(heap->first, node);
}

void pairing_remove(struct pairing_heap *heap,
                    struct pairing_node *node)
{
    if (node == heap->first) {
        heap->first = unite_row(node->child);
        return;
    }
    if (node->previous->child == node) {
        node->previous->child = node->next;
    } else {
        node->previous->next = node->next;
    }
    if (node->next != NULL) {
        node->next->previous = node->previous;
    }
    heap->first = unite(heap->first, unite_row(node->child));
}
