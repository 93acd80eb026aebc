// What the CPU remembers of page tables does not outlive a change: an
// access succeeds before it and faults at once behind it, and what is
// mapped anew is what is seen.
// needs: src/mm/paging.h src/mm/memory.h src/mm/frame.h
// needs: src/test/probe.c src/test/test.c
// once: src/mm/memory* src/mm/frame.* src/mm/paging.* src/mm/address.h
// once: src/boot/multiboot2.*
#include "drivers/qemu.h"
#include "drivers/serial.h"
#include "kernel/kernel.h"
#include "kernel/panic.h"
#include "mm/frame.h"
#include "mm/memory.h"
#include "mm/paging.h"
#include "test/probe.h"
#include "test/test.h"

// Pages of 4 KiB, and of 2 MiB.
#define SMALL_PAGE UINT64_C(0x0000550000003000)
#define HUGE_PAGE UINT64_C(0x0000560000400000)
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
        map(SMALL_PAGE, frame, PAGE_4_KIB, PTE_WRITABLE | PTE_NO_EXECUTE);
        CHECK(!probe_write(SMALL_PAGE + 8, 1).faulted);
        CHECK_EQUAL(content(SMALL_PAGE), 42);
        unmap(SMALL_PAGE, frame);
        CHECK_EQUAL(probe_read(SMALL_PAGE).error_code, 0);
        CHECK(probe_read(SMALL_PAGE).faulted);
        CHECK_EQUAL(probe_write(SMALL_PAGE, 1).error_code, PROBE_WRITE);
    }
    frame_free(frame);
}

TEST(a_page_is_another_at_once)
{
    phys_addr_t one = new_frame(1);
    phys_addr_t other = new_frame(2);
    for (unsigned i = 0; i < TIMES; i++) {
        map(SMALL_PAGE, one, PAGE_4_KIB, PTE_NO_EXECUTE);
        CHECK_EQUAL(content(SMALL_PAGE), 1);
        unmap(SMALL_PAGE, one);
        map(SMALL_PAGE, other, PAGE_4_KIB, PTE_NO_EXECUTE);
        CHECK_EQUAL(content(SMALL_PAGE), 2);
        unmap(SMALL_PAGE, other);
    }
    frame_free(one);
    frame_free(other);
}

// `ret` lies at its beginning.
static void check_rights(uintptr_t page, phys_addr_t target,
                         enum page_size size)
{
    for (unsigned i = 0; i < TIMES; i++) {
        map(page, target, size, PTE_WRITABLE);
        CHECK(!probe_write(page + 8, 1).faulted);
        CHECK(!probe_call(page).faulted);
        unmap(page, target);
        map(page, target, size, 0);
        CHECK(!probe_read(page).faulted);
        CHECK(!probe_call(page).faulted);
        CHECK_EQUAL(probe_write(page + 8, 1).error_code,
                    PROBE_PRESENT | PROBE_WRITE);
        unmap(page, target);
        map(page, target, size, PTE_NO_EXECUTE);
        CHECK(!probe_read(page).faulted);
        CHECK_EQUAL(probe_call(page).error_code,
                    PROBE_PRESENT | PROBE_FETCH);
        unmap(page, target);
    }
}

TEST(rights_change_at_once)
{
    phys_addr_t frame = new_frame(0xc3);
    check_rights(SMALL_PAGE, frame, PAGE_4_KIB);
    frame_free(frame);
}

TEST(the_neighbours_stay)
{
    phys_addr_t frames[3];
    for (unsigned i = 0; i < 3; i++) {
        frames[i] = new_frame(i);
        map(SMALL_PAGE + i * PAGE_SIZE, frames[i], PAGE_4_KIB,
            PTE_NO_EXECUTE);
    }
    unmap(SMALL_PAGE + PAGE_SIZE, frames[1]);
    CHECK_EQUAL(content(SMALL_PAGE), 0);
    CHECK(probe_read(SMALL_PAGE + PAGE_SIZE).faulted);
    CHECK_EQUAL(content(SMALL_PAGE + UINT64_C(2) * PAGE_SIZE), 2);
    unmap(SMALL_PAGE, frames[0]);
    unmap(SMALL_PAGE + UINT64_C(2) * PAGE_SIZE, frames[2]);
    for (unsigned i = 0; i < 3; i++) {
        frame_free(frames[i]);
    }
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
        map(HUGE_PAGE, memory, PAGE_2_MIB, PTE_WRITABLE | PTE_NO_EXECUTE);
        for (uintptr_t at = HUGE_PAGE; at < HUGE_PAGE + HUGE_SIZE;
             at += HUGE_SIZE / 8) {
            CHECK(!probe_write(at + 8, 1).faulted);
        }
        unmap(HUGE_PAGE, memory);
        for (uintptr_t at = HUGE_PAGE; at < HUGE_PAGE + HUGE_SIZE;
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
        map(HUGE_PAGE, one, PAGE_2_MIB, PTE_NO_EXECUTE);
        CHECK_EQUAL(content(HUGE_PAGE), 1);
        unmap(HUGE_PAGE, one);
        map(HUGE_PAGE, other, PAGE_2_MIB, PTE_NO_EXECUTE);
        CHECK_EQUAL(content(HUGE_PAGE), 2);
        unmap(HUGE_PAGE, other);
    }
}

TEST(rights_of_a_huge_page_change_at_once)
{
    check_rights(HUGE_PAGE, far_memory(0), PAGE_2_MIB);
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
        bool ours_alone = i == paging_index(SMALL_PAGE, PAGE_LEVELS);
        to[i] = ours_alone ? 0 : from[i];
    }
    CHECK_EQUAL(paging_map(others, SMALL_PAGE, frame, PAGE_4_KIB,
                           PTE_NO_EXECUTE),
                MAP_OK);
    for (unsigned i = 0; i < TIMES; i++) {
        CHECK(probe_read(SMALL_PAGE).faulted);
        paging_use(others);
        CHECK_EQUAL(paging_root().value, others.value);
        CHECK_EQUAL(content(SMALL_PAGE), 42);
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
    unsigned failures = test_run_all();
    serial_drain();
    qemu_exit(failures == 0 ? QEMU_SUCCESS : QEMU_FAILURE);
}
