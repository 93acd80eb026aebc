// Fresh frames are counted off, range by range; frames that come back
// are threaded on a list through themselves.  So neither the start nor
// a call depends on how much memory there is or how full it is, and no
// frame is touched before somebody has had it.
//
// A bit for every frame tells whether it is handed out.  The bits of
// fresh frames are not looked at, and need not be cleared.
#include "mm/frame.h"

#include "kernel/panic.h"

// Frames in a row.
struct region {
    uint64_t first; // the address of the first, in pages
    size_t count;
    size_t index; // the first one's number among all frames
};

static struct region regions[RANGES_MAX];
static size_t region_count;

// Where the next fresh frame comes from.
static size_t fresh_region;
static size_t fresh_offset;

// The frame that came back last; in each of them stands the address of
// the one before.  What ends the list is no address, and not what a
// frame holds that somebody has cleared after giving it back.
#define NO_FRAME UINT64_MAX
static phys_addr_t returned;

static phys_addr_t bits; // a bit for every frame
static size_t total_count;
static size_t free_count;

static phys_addr_t address_of(uint64_t page)
{
    return (phys_addr_t){page << PAGE_BITS};
}

// Takes frames away from the beginning of a region.
static phys_addr_t take_in_a_row(size_t count)
{
    for (size_t i = 0; i < region_count; i++) {
        struct region *region = &regions[i];
        if (region->count >= count &&
            region->first + count <= phys_reach >> PAGE_BITS) {
            phys_addr_t taken = address_of(region->first);
            region->first += count;
            region->count -= count;
            return taken;
        }
    }
    panic("no %zu frames in a row for the frames' bits", count);
}

static void add_region(struct range range)
{
    // Inwards to whole pages; without adding, for an end may be the
    // last address there is.
    uint64_t first = (range.start >> PAGE_BITS) +
                     (range.start % PAGE_SIZE != 0 ? 1 : 0);
    uint64_t end = range.end >> PAGE_BITS;
    if (first < end) {
        regions[region_count] =
            (struct region){.first = first, .count = end - first};
        region_count++;
    }
}

// Numbers the frames.  Returns how many there are.
static size_t number_regions(void)
{
    size_t count = 0;
    for (size_t i = 0; i < region_count; i++) {
        regions[i].index = count;
        count += regions[i].count;
    }
    return count;
}

void frame_init(const struct ranges *free)
{
    enum { BITS_IN_A_FRAME = PAGE_SIZE * 8 };

    region_count = 0;
    for (size_t i = 0; i < free->count; i++) {
        add_region(free->list[i]);
    }
    size_t count = number_regions();
    if (count == 0) {
        panic("no frame is free");
    }
    bits = take_in_a_row((count + BITS_IN_A_FRAME - 1) /
                         BITS_IN_A_FRAME);

    total_count = number_regions();
    free_count = total_count;
    fresh_region = 0;
    fresh_offset = 0;
    returned.value = NO_FRAME;
}

static void set_bit(size_t index, bool value)
{
    uint8_t *byte = (uint8_t *)phys_to_virt(bits) + index / 8;
    unsigned mask = 1u << index % 8;
    *byte = (uint8_t)(value ? *byte | mask : *byte & ~mask);
}

static bool get_bit(size_t index)
{
    const uint8_t *bytes = phys_to_virt(bits);
    return (bytes[index / 8] & 1u << index % 8) != 0;
}

// The number of a frame that was handed out once; false if it is none.
static bool find_index(phys_addr_t frame, size_t *index)
{
    uint64_t page = frame.value >> PAGE_BITS;
    for (size_t i = 0; i <= fresh_region && i < region_count; i++) {
        const struct region *region = &regions[i];
        size_t used = i < fresh_region ? region->count : fresh_offset;
        if (page >= region->first && page - region->first < used) {
            *index = region->index + (page - region->first);
            return frame.value % PAGE_SIZE == 0;
        }
    }
    return false;
}

static bool take_fresh(phys_addr_t *frame)
{
    while (fresh_region < region_count &&
           fresh_offset == regions[fresh_region].count) {
        fresh_region++;
        fresh_offset = 0;
    }
    if (fresh_region == region_count) {
        return false;
    }
    *frame = address_of(regions[fresh_region].first + fresh_offset);
    fresh_offset++;
    return true;
}

static phys_addr_t take_returned(void)
{
    phys_addr_t frame = returned;
    size_t index;
    returned = *(const phys_addr_t *)phys_to_virt(frame);
    if (returned.value != NO_FRAME &&
        (!find_index(returned, &index) || get_bit(index))) {
        panic("frame 0x%lx was written to after it was freed",
              frame.value);
    }
    return frame;
}

bool frame_allocate(phys_addr_t *frame)
{
    if (returned.value != NO_FRAME) {
        *frame = take_returned();
    } else if (!take_fresh(frame)) {
        return false;
    }
    size_t index = 0;
    kassert(find_index(*frame, &index));
    set_bit(index, true);
    free_count--;
    return true;
}

void frame_free(phys_addr_t frame)
{
    size_t index;
    if (!find_index(frame, &index)) {
        panic("frame 0x%lx was never handed out", frame.value);
    }
    if (!get_bit(index)) {
        panic("frame 0x%lx was freed twice", frame.value);
    }
    set_bit(index, false);
    *(phys_addr_t *)phys_to_virt(frame) = returned;
    returned = frame;
    free_count++;
}

size_t frame_count(void)
{
    return total_count;
}

size_t frame_free_count(void)
{
    return free_count;
}
