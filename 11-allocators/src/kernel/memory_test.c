// The rights of the kernel's pages, tried out.
#include "mm/memory.h"

#include "mm/frame.h"
#include "mm/paging.h"
#include "test/probe.h"
#include "test/test.h"

// A page that is not in use.
#define PAGE UINT64_C(0xdeadbeaf000)

// The same byte, seen through the window.
static uintptr_t through_window(uintptr_t address)
{
    phys_addr_t place = paging_walk(paging_root(), address).address;
    return (uintptr_t)phys_to_virt(place);
}

static phys_addr_t new_frame(void)
{
    phys_addr_t frame = {0};
    CHECK(frame_allocate(&frame));
    return frame;
}

TEST(code_cannot_be_written_to)
{
    uintptr_t code = (uintptr_t)memory_init;
    uint8_t byte = *(const uint8_t *)code;
    CHECK_EQUAL(*(const uint8_t *)through_window(code), byte);
    CHECK_EQUAL(probe_write(code, byte).error_code,
                PROBE_PRESENT | PROBE_WRITE);
    CHECK_EQUAL(probe_write(through_window(code), byte).error_code,
                PROBE_PRESENT | PROBE_WRITE);
}

TEST(constants_can_only_be_read)
{
    static const uint8_t constant = 0xc3; // ret
    uintptr_t address = (uintptr_t)&constant;
    CHECK(probe_write(address, 2).faulted);
    CHECK(probe_write(through_window(address), 2).faulted);
    CHECK(probe_call(address).faulted);
}

TEST(data_cannot_be_executed)
{
    static uint8_t code[] = {0xc3}; // ret
    uint8_t local[] = {0xc3};
    uintptr_t address = (uintptr_t)code;
    CHECK_EQUAL(probe_call(address).error_code,
                PROBE_PRESENT | PROBE_FETCH);
    CHECK(probe_call(through_window(address)).faulted);
    CHECK(probe_call((uintptr_t)local).faulted);
    CHECK(!probe_write(address, 0xc3).faulted);
}

TEST(the_window_reaches_all_memory)
{
    CHECK(!probe_read(MEMORY_WINDOW).faulted);
    CHECK(!probe_read(MEMORY_WINDOW + phys_reach - 1).faulted);
    CHECK(probe_read(MEMORY_WINDOW + phys_reach).faulted);
    CHECK(probe_read(MEMORY_WINDOW + 0xb8000).faulted); // a device
}

TEST(a_page_is_there_as_long_as_it_is_mapped)
{
    phys_addr_t root = paging_root();
    phys_addr_t frame = new_frame();
    phys_addr_t target = {0};
    CHECK(probe_write(PAGE, 1).faulted);
    CHECK_EQUAL(paging_map(root, PAGE, frame, PAGE_4_KIB, PTE_WRITABLE),
                MAP_OK);
    CHECK(!probe_write(PAGE, 42).faulted);
    CHECK_EQUAL(*(uint8_t *)phys_to_virt(frame), 42);
    CHECK(paging_unmap(root, PAGE, &target));
    CHECK_EQUAL(probe_read(PAGE).error_code, 0);
    frame_free(frame);
}
