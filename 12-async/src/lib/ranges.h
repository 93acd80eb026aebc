// Sorted lists of ranges: which addresses are free, say.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// From `start` up to, but not including, `end`; empty unless start is
// below end.
struct range {
    uint64_t start;
    uint64_t end;
};

enum { RANGES_MAX = 64 };

// In order; no two touch or overlap, and none is empty.  All zeros is a
// list without ranges.
struct ranges {
    size_t count;
    struct range list[RANGES_MAX + 1]; // one in passing
};

// Adds the addresses of a range, or takes them away, whether they were
// in the list or not.  Where more than RANGES_MAX ranges would result
// the smallest is dropped: addresses get lost, but never come in.
void ranges_add(struct ranges *ranges, struct range range);
void ranges_remove(struct ranges *ranges, struct range range);

// Whether all addresses of a range, which is not empty, are in the
// list.
bool ranges_contain(const struct ranges *ranges, struct range range);
