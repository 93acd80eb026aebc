// The tables reached through themselves, and through the window: both
// ways find the same, over generated addresses, and what one of them maps
// the other finds and takes away.
// needs: src/mm/recursive.h src/mm/recursive.c src/mm/memory.h
// needs: src/mm/frame.h src/test/probe.c src/test/test.c
// once: src/mm/recursive.* src/mm/memory* src/mm/frame.*
// once: src/mm/paging.* src/mm/address.h
// once: src/boot/multiboot2.*
#include "mm/recursive.h"

#include "drivers/qemu.h"
#include "drivers/serial.h"
#include "kernel/kernel.h"
#include "kernel/panic.h"
#include "mm/frame.h"
#include "mm/memory.h"
#include "mm/paging.h"
#include "test/probe.h"
#include "test/test.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define TABLES UINT64_C(0xffffff8000000000)

// Where nothing is: in entries of the PML4 that are the test's own.
#define OURS UINT64_C(0x0000550000000000)

// The same numbers in every run (Marsaglia, "Xorshift RNGs").
static uint64_t random_bits(void)
{
    static uint64_t state = 0x9e3779b97f4a7c15;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static uint64_t below(uint64_t limit)
{
    return random_bits() % limit;
}

static phys_addr_t new_frame(void)
{
    phys_addr_t frame = {0};
    CHECK(frame_allocate(&frame));
    return frame;
}

// --- Walks ------------------------------------------------------------

static bool same_walks(uintptr_t address)
{
    struct page_walk one = paging_walk(paging_root(), address);
    struct page_walk other = recursive_walk(address);
    if (one.mapped != other.mapped || one.level != other.level ||
        (one.mapped && one.address.value != other.address.value)) {
        return false;
    }
    for (unsigned level = PAGE_LEVELS; level >= one.level; level--) {
        // The CPU notes what the walks themselves touch.
        if (((one.entries[level] ^ other.entries[level]) &
             ~(PTE_ACCESSED | PTE_DIRTY)) != 0) {
            return false;
        }
    }
    return true;
}

static uintptr_t canonical(uint64_t address)
{
    return (uintptr_t)((int64_t)(address << 16) >> 16);
}

// What the tables hold, and what is near it.
static uintptr_t some_address(void)
{
    switch (below(5)) {
    case 0:
        return below(UINT64_C(4) << 20);
    case 1:
        return MEMORY_WINDOW + below(phys_reach + phys_reach / 8);
    case 2:
        return OURS + below(UINT64_C(1) << 40);
    case 3:
        return TABLES + below(-TABLES);
    default:
        return canonical(random_bits());
    }
}

TEST(walks_of_generated_addresses_agree)
{
    unsigned same = 0;
    for (unsigned i = 0; i < 20000; i++) {
        uintptr_t address = some_address();
        bool agree = same_walks(address);
        same += agree;
        if (!agree) {
            CHECK_EQUAL(address, 0); // says which
            return;
        }
    }
    CHECK_EQUAL(same, 20000);
}

TEST(walks_at_the_edges_agree)
{
    for (unsigned bit = PAGE_BITS; bit < 64; bit++) {
        uintptr_t edge = canonical(UINT64_C(1) << bit);
        CHECK(same_walks(edge));
        CHECK(same_walks(canonical(edge - 1)));
        CHECK(same_walks(canonical(-(uint64_t)edge)));
    }
    CHECK(same_walks(0));
    CHECK(same_walks(UINTPTR_MAX));
}

// Where the entry for an address must be, in the window.
static const pte_t *entry_in_window(uintptr_t address, unsigned level)
{
    struct page_walk walk = paging_walk(paging_root(), address);
    phys_addr_t table = paging_root();
    if (level < PAGE_LEVELS) {
        table.value = walk.entries[level + 1] & PTE_ADDRESS;
    }
    const pte_t *entries = phys_to_virt(table);
    return &entries[paging_index(address, level)];
}

TEST(an_entry_is_one_piece_of_memory)
{
    static const uintptr_t addresses[] = {
        0x100000, 0xb8000, MEMORY_WINDOW + 0x100000,
        MEMORY_WINDOW + 0x654321,
    };
    for (size_t i = 0; i < LENGTH(addresses); i++) {
        struct page_walk walk =
            paging_walk(paging_root(), addresses[i]);
        CHECK(walk.mapped);
        for (unsigned level = PAGE_LEVELS; level >= walk.level;
             level--) {
            volatile pte_t *entry =
                recursive_entry(addresses[i], level);
            const pte_t *same = entry_in_window(addresses[i], level);
            struct page_walk place =
                paging_walk(paging_root(), (uintptr_t)entry);
            CHECK(place.mapped);
            CHECK_EQUAL((uintptr_t)phys_to_virt(place.address),
                        (uintptr_t)same);
        }
    }
}

// --- Mapping ----------------------------------------------------------

enum { PAGES = 40, STEPS = 3000 };

static struct {
    uintptr_t page;
    phys_addr_t frame;
    bool mapped;
} pages[PAGES];

// Some share a table, some do not.
static void choose_pages(void)
{
    for (unsigned i = 0; i < PAGES; i++) {
        uint64_t number = i < PAGES / 2
                              ? i * 3
                              : below(UINT64_C(1) << 28);
        pages[i].page = OURS + (number << PAGE_BITS);
        pages[i].frame = new_frame();
        *(uint64_t *)phys_to_virt(pages[i].frame) = i + 1000;
    }
}

static void map_one(unsigned i)
{
    pte_t flags = PTE_WRITABLE | PTE_NO_EXECUTE;
    uintptr_t page = pages[i].page;
    phys_addr_t frame = pages[i].frame;
    enum map_result wanted = pages[i].mapped ? MAP_IN_USE : MAP_OK;
    enum map_result result =
        below(2) == 0 ? recursive_map(page, frame, flags)
                      : paging_map(paging_root(), page, frame,
                                   PAGE_4_KIB, flags);
    CHECK_EQUAL(result, wanted);
    pages[i].mapped = true;
}

static void unmap_one(unsigned i)
{
    phys_addr_t target = {0};
    bool done = below(2) == 0
                    ? recursive_unmap(pages[i].page, &target)
                    : paging_unmap(paging_root(), pages[i].page,
                                   &target);
    CHECK_EQUAL(done, pages[i].mapped);
    if (done) {
        CHECK_EQUAL(target.value, pages[i].frame.value);
    }
    pages[i].mapped = false;
}

static void check_one(unsigned i)
{
    uintptr_t page = pages[i].page;
    CHECK(same_walks(page));
    CHECK_EQUAL(recursive_walk(page).mapped, pages[i].mapped);
    CHECK_EQUAL(probe_read(page).faulted, !pages[i].mapped);
    if (pages[i].mapped) {
        CHECK_EQUAL(*(volatile uint64_t *)page, i + 1000);
    }
}

TEST(what_one_way_maps_the_other_takes_away)
{
    choose_pages();
    for (unsigned step = 0; step < STEPS; step++) {
        unsigned i = (unsigned)below(PAGES);
        if (below(2) == 0) {
            map_one(i);
        } else {
            unmap_one(i);
        }
        check_one(i);
        check_one((unsigned)below(PAGES));
    }
    for (unsigned i = 0; i < PAGES; i++) {
        unmap_one(i);
        check_one(i);
        frame_free(pages[i].frame);
    }
}

TEST(a_new_table_is_empty)
{
    // A frame full of ones is what the table will be made of.
    uintptr_t page = OURS + (UINT64_C(3) << 39);
    phys_addr_t frames[3];
    phys_addr_t target = {0};
    for (unsigned i = 0; i < LENGTH(frames); i++) {
        frames[i] = new_frame();
        uint64_t *words = phys_to_virt(frames[i]);
        for (unsigned j = 0; j < PAGE_SIZE / 8; j++) {
            words[j] = UINT64_MAX;
        }
    }
    phys_addr_t frame = new_frame();
    for (unsigned i = 0; i < LENGTH(frames); i++) {
        frame_free(frames[i]);
    }
    CHECK_EQUAL(recursive_map(page, frame, PTE_NO_EXECUTE), MAP_OK);
    CHECK_EQUAL(recursive_walk(page).entries[1],
                frame.value | PTE_PRESENT | PTE_NO_EXECUTE);
    for (unsigned level = 1; level < PAGE_LEVELS; level++) {
        unsigned used = 0;
        uintptr_t some = (uintptr_t)recursive_entry(page, level);
        const volatile pte_t *table =
            (const volatile pte_t *)(some - some % PAGE_SIZE);
        for (unsigned i = 0; i < PAGE_ENTRIES; i++) {
            used += table[i] != 0;
        }
        CHECK_EQUAL(used, 1);
    }
    CHECK_EQUAL(probe_write(page, 1).error_code,
                PROBE_PRESENT | PROBE_WRITE);
    CHECK(recursive_unmap(page, &target));
    frame_free(frame);
}

TEST(nothing_is_mapped_into_a_huge_page)
{
    uintptr_t huge = OURS + (UINT64_C(5) << 30);
    phys_addr_t target = {0};
    phys_addr_t first = {UINT64_C(6) << 20};
    CHECK_EQUAL(paging_map(paging_root(), huge, first, PAGE_2_MIB,
                           PTE_NO_EXECUTE),
                MAP_OK);
    CHECK(same_walks(huge + 0x12345));
    CHECK_EQUAL(recursive_map(huge, first, 0), MAP_IN_USE);
    CHECK_EQUAL(recursive_map(huge + 7 * PAGE_SIZE, first, 0),
                MAP_IN_USE);
    CHECK(!recursive_unmap(huge, &target));
    CHECK(!recursive_unmap(huge + 7 * PAGE_SIZE, &target));
    CHECK(!probe_read(huge).faulted);
    CHECK(paging_unmap(paging_root(), huge, &target));
    CHECK(same_walks(huge));
}

TEST(a_page_is_gone_at_once)
{
    uintptr_t page = OURS + (UINT64_C(11) << 30);
    phys_addr_t one = new_frame();
    phys_addr_t other = new_frame();
    *(uint64_t *)phys_to_virt(one) = 1;
    *(uint64_t *)phys_to_virt(other) = 2;
    phys_addr_t target = {0};
    for (unsigned i = 0; i < 200; i++) {
        CHECK_EQUAL(recursive_map(page, one, PTE_NO_EXECUTE), MAP_OK);
        CHECK_EQUAL(*(volatile uint64_t *)page, 1);
        CHECK(recursive_unmap(page, &target));
        CHECK(probe_read(page).faulted);
        CHECK_EQUAL(recursive_map(page, other, PTE_NO_EXECUTE),
                    MAP_OK);
        CHECK_EQUAL(*(volatile uint64_t *)page, 2);
        CHECK(recursive_unmap(page, &target));
        CHECK(probe_read(page).faulted);
    }
    frame_free(one);
    frame_free(other);
}

TEST(only_whole_pages_are_taken_away)
{
    uintptr_t page = OURS + (UINT64_C(7) << 30);
    phys_addr_t frame = new_frame();
    phys_addr_t target = {0};
    CHECK_EQUAL(recursive_map(page, frame, 0), MAP_OK);
    CHECK(!recursive_unmap(page + 8, &target));
    CHECK(!recursive_unmap(page + PAGE_SIZE, &target));
    CHECK(!probe_read(page).faulted);
    CHECK(recursive_unmap(page, &target));
    frame_free(frame);
}

TEST(without_a_frame_nothing_is_mapped)
{
    uintptr_t page = OURS + (UINT64_C(9) << 39);
    phys_addr_t first = new_frame();
    phys_addr_t last = {0};
    phys_addr_t frame;
    while (frame_allocate(&frame)) {
        *(phys_addr_t *)phys_to_virt(frame) = last;
        last = frame;
    }
    CHECK_EQUAL(recursive_map(page, first, 0), MAP_NO_FRAME);
    CHECK(!recursive_walk(page).mapped);
    CHECK(probe_read(page).faulted);
    while (last.value != 0) {
        frame = last;
        last = *(const phys_addr_t *)phys_to_virt(frame);
        frame_free(frame);
    }
    CHECK_EQUAL(recursive_map(page, first, 0), MAP_OK);
    CHECK(recursive_unmap(page, &last));
    frame_free(first);
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
