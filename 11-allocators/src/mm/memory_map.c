#include "mm/memory_map.h"

#include <stdbool.h>
#include <stddef.h>

#include "kernel/panic.h"

enum { KEPT_MAX = 64 };
static struct range kept[KEPT_MAX];
static size_t kept_count;

void memory_map_keep(struct range range)
{
    if (kept_count == KEPT_MAX) {
        panic("more than %d ranges of memory to keep", KEPT_MAX);
    }
    kept[kept_count++] = range;
}

// Rounds an address up to a page.  Not by adding to it first: the last
// address would become 0.
static uint64_t page_from(uint64_t address)
{
    return (address >> PAGE_BITS) + (address % PAGE_SIZE != 0);
}

// Whether the range has as much as a byte in the page.
static bool touches(struct range range, uint64_t page)
{
    return range.start < range.end &&
           page >= range.start >> PAGE_BITS &&
           page < page_from(range.end);
}

// Whether the whole page is in the range.
static bool covers(struct range range, uint64_t page)
{
    return page >= page_from(range.start) &&
           page < range.end >> PAGE_BITS;
}

enum ram memory_map_at(uint64_t page)
{
    struct memory_area area;
    bool covered = false;
    bool used = false;
    for (size_t i = 0; multiboot2_area(i, &area); i++) {
        if (!touches(area.range, page)) {
            continue;
        }
        if (area.type != MEMORY_AVAILABLE && area.type != MEMORY_ACPI) {
            return RAM_NONE;
        }
        covered = covered || covers(area.range, page);
        used = used || area.type == MEMORY_ACPI;
    }
    for (size_t i = 0; i < kept_count; i++) {
        used = used || touches(kept[i], page);
    }
    if (!covered) {
        return RAM_NONE;
    }
    return used ? RAM_USED : RAM_FREE;
}

// Moves `next` down to an edge of the range that lies behind `page`.  A
// page that is only partly in a range lies between two edges.
static void find_edge(struct range range, uint64_t page, uint64_t *next)
{
    uint64_t edges[] = {
        range.start >> PAGE_BITS, page_from(range.start),
        range.end >> PAGE_BITS, page_from(range.end),
    };
    for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
        if (edges[i] > page && edges[i] < *next) {
            *next = edges[i];
        }
    }
}

uint64_t memory_map_next(uint64_t page)
{
    uint64_t next = MEMORY_MAP_END;
    struct memory_area area;
    for (size_t i = 0; multiboot2_area(i, &area); i++) {
        find_edge(area.range, page, &next);
    }
    for (size_t i = 0; i < kept_count; i++) {
        find_edge(kept[i], page, &next);
    }
    return next;
}
