#include "lib/ranges.h"

static void delete(struct ranges *ranges, size_t at)
{
    ranges->count--;
    for (size_t i = at; i < ranges->count; i++) {
        ranges->list[i] = ranges->list[i + 1];
    }
}

static void drop_smallest(struct ranges *ranges)
{
    size_t smallest = 0;
    for (size_t i = 1; i < ranges->count; i++) {
        const struct range *one = &ranges->list[i];
        const struct range *other = &ranges->list[smallest];
        if (one->end - one->start < other->end - other->start) {
            smallest = i;
        }
    }
    delete(ranges, smallest);
}

// Puts in a range that touches none of the others.
static void insert(struct ranges *ranges, struct range range)
{
    size_t at = ranges->count++;
    while (at > 0 && ranges->list[at - 1].start > range.start) {
        ranges->list[at] = ranges->list[at - 1];
        at--;
    }
    ranges->list[at] = range;
    if (ranges->count > RANGES_MAX) {
        drop_smallest(ranges);
    }
}

void ranges_add(struct ranges *ranges, struct range range)
{
    if (range.start >= range.end) {
        return;
    }
    // Swallow all that overlap or touch it; backwards, because they
    // leave the list.
    for (size_t i = ranges->count; i-- > 0;) {
        struct range other = ranges->list[i];
        if (other.start <= range.end && other.end >= range.start) {
            if (other.start < range.start) {
                range.start = other.start;
            }
            if (other.end > range.end) {
                range.end = other.end;
            }
            delete(ranges, i);
        }
    }
    insert(ranges, range);
}

void ranges_remove(struct ranges *ranges, struct range range)
{
    if (range.start >= range.end) {
        return;
    }
    for (size_t i = ranges->count; i-- > 0;) {
        struct range other = ranges->list[i];
        if (other.start >= range.end || other.end <= range.start) {
            continue;
        }
        // What is left of it above, and below.
        delete(ranges, i);
        if (other.end > range.end) {
            insert(ranges, (struct range){range.end, other.end});
        }
        if (other.start < range.start) {
            insert(ranges, (struct range){other.start, range.start});
        }
    }
}

bool ranges_contain(const struct ranges *ranges, struct range range)
{
    for (size_t i = 0; i < ranges->count; i++) {
        if (range.start >= ranges->list[i].start &&
            range.end <= ranges->list[i].end) {
            return true;
        }
    }
    return false;
}
