// Fresh frames are counted off, from the lowest free page up.  A frame
// that comes back joins a list that runs through the frames themselves.
// So neither the start nor a call costs more on a larger machine, and a
// frame is not touched before it is handed out for the first time.
#include "mm/frame.h"

#include "kernel/panic.h"
#include "mm/memory_map.h"

// What a frame holds while it is on the list.
struct link {
    uint64_t next; // address of the frame that came back before this
    uint64_t mark; // see mark_of()
};

// Ends the list.  It is not 0, which is what a frame holds that its
// former owner clears after giving it back.
#define NO_FRAME UINT64_MAX

// A number that no program has a reason to write.
#define MARK UINT64_C(0x8c1e5a3c97f2b6d4)

static uint64_t returned; // address of the frame that came back last

// No page from `fresh` on was ever handed out; up to `fresh_end` all of
// them are free.
static uint64_t fresh;
static uint64_t fresh_end;

static size_t total_count;
static size_t free_count;

static struct link *link_of(uint64_t frame)
{
    return phys_to_virt((phys_addr_t){frame});
}

// The mark of a frame on the list.  A frame without it is not there; a
// frame on the list without it was written to.
static uint64_t mark_of(uint64_t frame, uint64_t next)
{
    return MARK ^ frame ^ next;
}

void frame_init(void)
{
    total_count = 0;
    uint64_t next;
    for (uint64_t page = 0; page < MEMORY_MAP_END; page = next) {
        next = memory_map_next(page);
        if (memory_map_at(page) == RAM_FREE) {
            total_count += next - page;
        }
    }
    free_count = total_count;
    fresh = 0;
    fresh_end = 0;
    returned = NO_FRAME;
}

static uint64_t take_returned(void)
{
    uint64_t frame = returned;
    const struct link *link = link_of(frame);
    if (link->mark != mark_of(frame, link->next)) {
        panic("frame 0x%lx was written to after it was freed", frame);
    }
    returned = link->next;
    return frame;
}

static bool take_fresh(uint64_t *frame)
{
    while (fresh == fresh_end) {
        if (fresh == MEMORY_MAP_END) {
            return false;
        }
        fresh_end = memory_map_next(fresh);
        if (memory_map_at(fresh) != RAM_FREE) {
            fresh = fresh_end;
        }
    }
    *frame = fresh << PAGE_BITS;
    fresh++;
    return true;
}

bool frame_allocate(phys_addr_t *frame)
{
    if (returned != NO_FRAME) {
        frame->value = take_returned();
    } else if (!take_fresh(&frame->value)) {
        return false;
    }
    // A fresh frame, too, can hold a mark: memory outlives a reset.
    kassert(frame->value < phys_reach);
    link_of(frame->value)->mark = 0;
    free_count--;
    return true;
}

void frame_free(phys_addr_t frame)
{
    uint64_t page = frame.value >> PAGE_BITS;
    if (frame.value % PAGE_SIZE != 0 || page >= fresh ||
        memory_map_at(page) != RAM_FREE) {
        panic("frame 0x%lx was never handed out", frame.value);
    }
    struct link *link = link_of(frame.value);
    if (link->mark == mark_of(frame.value, link->next)) {
        panic("frame 0x%lx was freed twice", frame.value);
    }
    link->next = returned;
    link->mark = mark_of(frame.value, returned);
    returned = frame.value;
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
