// What the CPU remembers of page tables does not outlive a change: an
// access succeeds before it and faults at once behind it, and what is
// mapped anew is what is seen.
// needs: src/mm/paging.h src/mm/memory.h src/mm/frame.h
// needs: src/mm/recursive.h src/test/probe.c src/test/test.c
// once: src/mm/recursive.* src/mm/memory* src/mm/frame.*
// once: src/mm/paging.* src/mm/address.h src/lib/ranges.*
// once: src/boot/multiboot2.*
#include "drivers/qemu.h"
#include "drivers/serial.h"
#include "kernel/kernel.h"
#include "kernel/panic.h"
#include "mm/frame.h"
#include "mm/memory.h"
#include "mm/paging.h"
#include "mm/recursive.h"
#include "test/probe.h"
#include "test/test.h"

// Pages of 4 KiB, and of 2 MiB.
#define SMALL UINT64_C(0x0000550000003000)
#define LARGE UINT64_C(0x0000560000400000)
#define HUGE_SIZE (UINT64_C(2) << 20)

enum { TIMES = 200 };

static phys_addr_t new_frame(uint64_t content)
{
    phys_addr_t frame = {0};
    CHECK(frame_allocate(&frame));
    *(uint64_t *)phys_to_virt(frame) = content;
    return frame;
}

static uint64_t content(uintptr_t address)
{
    return *(volatile uint64_t *)address;
}

static void map(uintptr_t address, phys_addr_t target,
                enum page_size size, pte_t flags)
{
    CHECK_EQUAL(
        paging_map(paging_root(), address, target, size, flags),
        MAP_OK);
}

static void unmap(uintptr_t address, phys_addr_t wanted)
{
    phys_addr_t target = {0};
    CHECK(paging_unmap(paging_root(), address, &target));
    CHECK_EQUAL(target.value, wanted.value);
}

// --- Pages of 4 KiB ---------------------------------------------------

TEST(a_page_is_gone_at_once)
{
    phys_addr_t frame = new_frame(42);
    for (unsigned i = 0; i < TIMES; i++) {
        map(SMALL, frame, PAGE_4_KIB, PTE_WRITABLE | PTE_NO_EXECUTE);
        CHECK(!probe_write(SMALL + 8, 1).faulted);
        CHECK_EQUAL(content(SMALL), 42);
        unmap(SMALL, frame);
        CHECK_EQUAL(probe_read(SMALL).error_code, 0);
        CHECK(probe_read(SMALL).faulted);
        CHECK_EQUAL(probe_write(SMALL, 1).error_code, PROBE_WRITE);
    }
    frame_free(frame);
}

TEST(a_page_is_another_at_once)
{
    phys_addr_t one = new_frame(1);
    phys_addr_t other = new_frame(2);
    for (unsigned i = 0; i < TIMES; i++) {
        map(SMALL, one, PAGE_4_KIB, PTE_NO_EXECUTE);
        CHECK_EQUAL(content(SMALL), 1);
        unmap(SMALL, one);
        map(SMALL, other, PAGE_4_KIB, PTE_NO_EXECUTE);
        CHECK_EQUAL(content(SMALL), 2);
        unmap(SMALL, other);
    }
    frame_free(one);
    frame_free(other);
}

// `ret` lies at its beginning.
static void check_rights(uintptr_t page)
{
    phys_addr_t root = paging_root();
    for (unsigned i = 0; i < TIMES; i++) {
        CHECK(paging_protect(root, page, PTE_WRITABLE));
        CHECK(!probe_write(page + 8, 1).faulted);
        CHECK(!probe_call(page).faulted);
        CHECK(paging_protect(root, page, 0));
        CHECK(!probe_read(page).faulted);
        CHECK(!probe_call(page).faulted);
        CHECK_EQUAL(probe_write(page + 8, 1).error_code,
                    PROBE_PRESENT | PROBE_WRITE);
        CHECK(paging_protect(root, page, PTE_NO_EXECUTE));
        CHECK(!probe_read(page).faulted);
        CHECK_EQUAL(probe_call(page).error_code,
                    PROBE_PRESENT | PROBE_FETCH);
    }
}

TEST(rights_change_at_once)
{
    phys_addr_t frame = new_frame(0xc3);
    map(SMALL, frame, PAGE_4_KIB, PTE_WRITABLE);
    check_rights(SMALL);
    unmap(SMALL, frame);
    frame_free(frame);
}

TEST(the_neighbours_stay)
{
    phys_addr_t frames[3];
    for (unsigned i = 0; i < 3; i++) {
        frames[i] = new_frame(i);
        map(SMALL + i * PAGE_SIZE, frames[i], PAGE_4_KIB,
            PTE_NO_EXECUTE);
    }
    unmap(SMALL + PAGE_SIZE, frames[1]);
    CHECK_EQUAL(content(SMALL), 0);
    CHECK(probe_read(SMALL + PAGE_SIZE).faulted);
    CHECK_EQUAL(content(SMALL + UINT64_C(2) * PAGE_SIZE), 2);
    unmap(SMALL, frames[0]);
    unmap(SMALL + UINT64_C(2) * PAGE_SIZE, frames[2]);
    for (unsigned i = 0; i < 3; i++) {
        frame_free(frames[i]);
    }
}

TEST(a_page_is_gone_at_once_by_recursion)
{
    phys_addr_t one = new_frame(1);
    phys_addr_t other = new_frame(2);
    phys_addr_t target = {0};
    for (unsigned i = 0; i < TIMES; i++) {
        CHECK_EQUAL(recursive_map(SMALL, one, PTE_NO_EXECUTE), MAP_OK);
        CHECK_EQUAL(content(SMALL), 1);
        CHECK(recursive_unmap(SMALL, &target));
        CHECK(probe_read(SMALL).faulted);
        CHECK_EQUAL(recursive_map(SMALL, other, PTE_NO_EXECUTE),
                    MAP_OK);
        CHECK_EQUAL(content(SMALL), 2);
        CHECK(recursive_unmap(SMALL, &target));
        CHECK(probe_read(SMALL).faulted);
    }
    frame_free(one);
    frame_free(other);
}

// --- Pages of 2 MiB ---------------------------------------------------

// RAM that nobody has been given yet: frames are handed out from below.
static phys_addr_t far_memory(unsigned number)
{
    phys_addr_t result = {(UINT64_C(64) << 20) + number * HUGE_SIZE};
    CHECK(result.value + HUGE_SIZE <= phys_reach);
    *(uint64_t *)phys_to_virt(result) = 0xc3;
    return result;
}

TEST(a_huge_page_is_gone_at_once)
{
    phys_addr_t memory = far_memory(0);
    for (unsigned i = 0; i < TIMES; i++) {
        map(LARGE, memory, PAGE_2_MIB, PTE_WRITABLE | PTE_NO_EXECUTE);
        for (uintptr_t at = LARGE; at < LARGE + HUGE_SIZE;
             at += HUGE_SIZE / 8) {
            CHECK(!probe_write(at + 8, 1).faulted);
        }
        unmap(LARGE, memory);
        for (uintptr_t at = LARGE; at < LARGE + HUGE_SIZE;
             at += HUGE_SIZE / 8) {
            CHECK(probe_read(at + 8).faulted);
        }
    }
}

TEST(a_huge_page_is_another_at_once)
{
    phys_addr_t one = far_memory(0);
    phys_addr_t other = far_memory(1);
    *(uint64_t *)phys_to_virt(one) = 1;
    *(uint64_t *)phys_to_virt(other) = 2;
    for (unsigned i = 0; i < TIMES; i++) {
        map(LARGE, one, PAGE_2_MIB, PTE_NO_EXECUTE);
        CHECK_EQUAL(content(LARGE), 1);
        unmap(LARGE, one);
        map(LARGE, other, PAGE_2_MIB, PTE_NO_EXECUTE);
        CHECK_EQUAL(content(LARGE), 2);
        unmap(LARGE, other);
    }
}

TEST(rights_of_a_huge_page_change_at_once)
{
    phys_addr_t memory = far_memory(0);
    map(LARGE, memory, PAGE_2_MIB, PTE_WRITABLE);
    check_rights(LARGE);
    struct page_walk walk = paging_walk(paging_root(), LARGE);
    CHECK_EQUAL(walk.level, 2);
    CHECK_EQUAL(walk.address.value, memory.value);
    unmap(LARGE, memory);
}

// --- Other tables -----------------------------------------------------

// The kernel's, and one page more.
TEST(other_tables_are_in_use_at_once)
{
    phys_addr_t ours = paging_root();
    phys_addr_t others = {0};
    phys_addr_t frame = new_frame(42);
    CHECK(paging_new_table(&others));
    const pte_t *from = phys_to_virt(ours);
    pte_t *to = phys_to_virt(others);
    for (unsigned i = 0; i < PAGE_ENTRIES; i++) {
        to[i] = i == RECURSIVE_INDEX ||
                        i == paging_index(SMALL, PAGE_LEVELS)
                    ? 0
                    : from[i];
    }
    CHECK_EQUAL(paging_map(others, SMALL, frame, PAGE_4_KIB,
                           PTE_NO_EXECUTE),
                MAP_OK);
    for (unsigned i = 0; i < TIMES; i++) {
        CHECK(probe_read(SMALL).faulted);
        paging_use(others);
        CHECK_EQUAL(paging_root().value, others.value);
        CHECK_EQUAL(content(SMALL), 42);
        paging_use(ours);
    }
    frame_free(frame);
}

static void on_panic(void)
{
    test_fail("panic");
}

void kernel_main(uint32_t boot_info)
{
    panic_set_handler(on_panic);
    kernel_init(boot_info);
    recursive_install(paging_root());
    unsigned failures = test_run_all();
    serial_drain();
    qemu_exit(failures == 0 ? QEMU_SUCCESS : QEMU_FAILURE);
}
