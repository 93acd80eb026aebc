// The tables reached in two ways: through the window, and through
// themselves.
#include "mm/recursive.h"

#include "mm/frame.h"
#include "mm/memory.h"
#include "test/probe.h"
#include "test/test.h"

// A page that is not in use.
#define PAGE UINT64_C(0xdeadbeaf000)

static phys_addr_t new_frame(void)
{
    phys_addr_t frame = {0};
    CHECK(frame_allocate(&frame));
    return frame;
}

TEST(both_ways_lead_to_the_same_tables)
{
    static const uintptr_t addresses[] = {
        0,          0xb8000,      0x100000,      0xdeadbeef,
        PAGE + 5,   MEMORY_WINDOW, MEMORY_WINDOW + 0x7654321,
    };
    recursive_install(paging_root());
    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]);
         i++) {
        struct page_walk one = paging_walk(paging_root(), addresses[i]);
        struct page_walk other = recursive_walk(addresses[i]);
        CHECK_EQUAL(one.mapped, other.mapped);
        CHECK_EQUAL(one.level, other.level);
        CHECK_EQUAL(one.entries[one.level], other.entries[one.level]);
        CHECK_EQUAL(one.address.value, other.address.value);
    }

    // What one of them maps the other sees, and takes away.
    phys_addr_t frame = new_frame();
    phys_addr_t target = {0};
    CHECK_EQUAL(recursive_map(PAGE, frame, PTE_WRITABLE), MAP_OK);
    CHECK_EQUAL(recursive_map(PAGE, frame, PTE_WRITABLE), MAP_IN_USE);
    CHECK(!probe_write(PAGE, 42).faulted);
    CHECK_EQUAL(*(uint8_t *)phys_to_virt(frame), 42);
    CHECK(recursive_unmap(PAGE, &target));
    CHECK_EQUAL(target.value, frame.value);
    CHECK(probe_read(PAGE).faulted);
    CHECK(!recursive_unmap(PAGE, &target));
    frame_free(frame);
}
