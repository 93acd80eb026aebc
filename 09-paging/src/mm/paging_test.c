#include "mm/paging.h"

#include "mm/frame.h"
#include "test/test.h"

// Tables of the test's own, one for each level.
static _Alignas(PAGE_SIZE) pte_t tables[PAGE_LEVELS + 1][PAGE_ENTRIES];

// Bits of an entry that are no part of its address.
#define NOISE (PTE_ACCESSED | PTE_DIRTY | PTE_NO_EXECUTE)

// On the host and in the kernel alike, the address of a table can be
// taken for its physical one.
static phys_addr_t table(unsigned level)
{
    return (phys_addr_t){(uintptr_t)tables[level]};
}

// Links the tables for one address, and puts `last` at `level`.
static void put(uintptr_t address, unsigned level, pte_t last)
{
    for (unsigned i = PAGE_LEVELS; i > level; i--) {
        tables[i][paging_index(address, i)] =
            table(i - 1).value | PTE_PRESENT | NOISE;
    }
    tables[level][paging_index(address, level)] = last;
}

TEST(paging_splits_an_address)
{
    uintptr_t address = 0x803fe7f5ce;
    CHECK_EQUAL(paging_index(address, 4), 1);
    CHECK_EQUAL(paging_index(address, 3), 0);
    CHECK_EQUAL(paging_index(address, 2), 511);
    CHECK_EQUAL(paging_index(address, 1), 127);
    CHECK_EQUAL(address % PAGE_SIZE, 0x5ce);
}

TEST(paging_knows_addresses_that_do_not_exist)
{
    CHECK(paging_is_canonical(0x00007fffffffffff));
    CHECK(!paging_is_canonical(0x0000800000000000));
    CHECK(!paging_is_canonical(0xffff7fffffffffff));
    CHECK(paging_is_canonical(0xffff800000000000));
}

TEST(paging_walks_to_a_page)
{
    uintptr_t address = 0x803fe7f5ce;
    put(address, 1, 0x12345000 | PTE_PRESENT | NOISE);
    struct page_walk walk = paging_walk(table(4), address);
    CHECK(walk.mapped);
    CHECK_EQUAL(walk.level, 1);
    CHECK_EQUAL(walk.address.value, 0x123455ce);
}

TEST(paging_walks_to_huge_pages)
{
    uintptr_t address = 0x803fe7f5ce;
    put(address, 2, 0x40200000 | PTE_PRESENT | PTE_HUGE | NOISE);
    CHECK_EQUAL(paging_walk(table(4), address).address.value,
                0x4027f5ce);
    put(address, 3, 0x80000000 | PTE_PRESENT | PTE_HUGE | NOISE);
    CHECK_EQUAL(paging_walk(table(4), address).address.value,
                0xbfe7f5ce);
}

TEST(paging_walk_says_where_it_ends)
{
    uintptr_t address = 0x803fe7f5ce;
    for (unsigned level = 1; level <= PAGE_LEVELS; level++) {
        put(address, level, 0xdead000);
        struct page_walk walk = paging_walk(table(4), address);
        CHECK(!walk.mapped);
        CHECK_EQUAL(walk.level, level);
        CHECK_EQUAL(walk.entries[level], 0xdead000);
    }
}

TEST(paging_explains_entries)
{
    char text[72];
    paging_explain(text, sizeof(text), PTE_WRITABLE);
    CHECK_TEXT(text, "not present");
    paging_explain(text, sizeof(text), PTE_PRESENT | PTE_NO_EXECUTE);
    CHECK_TEXT(text, "read-only no-execute");
    paging_explain(text, sizeof(text), PTE_PRESENT | PTE_WRITABLE |
                   PTE_ACCESSED | PTE_DIRTY | PTE_HUGE);
    CHECK_TEXT(text, "writable accessed dirty huge");
    paging_explain(text, sizeof(text), PTE_PRESENT | PTE_USER |
                   PTE_WRITE_THROUGH | PTE_CACHE_DISABLE);
    CHECK_TEXT(text, "read-only user write-through uncached");
}

// Tables that the CPU does not use; their frames are not given back.
static phys_addr_t new_root(void)
{
    phys_addr_t root = {0};
    CHECK(paging_new_table(&root));
    return root;
}

TEST(paging_maps_and_unmaps)
{
    uintptr_t page = 0x803fe7f000;
    phys_addr_t root = new_root();
    phys_addr_t target = {0};
    CHECK(!paging_walk(root, page).mapped);
    CHECK_EQUAL(paging_map(root, page, (phys_addr_t){0xb8000},
                           PAGE_4_KIB, PTE_WRITABLE),
                MAP_OK);
    struct page_walk walk = paging_walk(root, page + 0x5ce);
    CHECK_EQUAL(walk.address.value, 0xb85ce);
    CHECK_EQUAL(walk.entries[1], 0xb8000 | PTE_WRITABLE | PTE_PRESENT);
    CHECK(!paging_walk(root, page + PAGE_SIZE).mapped);
    CHECK(paging_unmap(root, page, &target));
    CHECK_EQUAL(target.value, 0xb8000);
    CHECK(!paging_walk(root, page).mapped);
    CHECK(!paging_unmap(root, page, &target));
}

TEST(paging_maps_huge_pages)
{
    uintptr_t page = 0xffff800040200000;
    phys_addr_t root = new_root();
    CHECK_EQUAL(paging_map(root, page, (phys_addr_t){0x600000},
                           PAGE_2_MIB, PTE_NO_EXECUTE),
                MAP_OK);
    struct page_walk walk = paging_walk(root, page + 0x1fffff);
    CHECK_EQUAL(walk.level, 2);
    CHECK_EQUAL(walk.address.value, 0x7fffff);
}

TEST(paging_maps_nothing_twice)
{
    uintptr_t huge = 0x40000000;
    phys_addr_t root = new_root();
    phys_addr_t target = {0};
    CHECK_EQUAL(paging_map(root, huge, target, PAGE_2_MIB, 0), MAP_OK);
    CHECK_EQUAL(paging_map(root, huge, target, PAGE_2_MIB, 0),
                MAP_IN_USE);
    CHECK_EQUAL(paging_map(root, huge + PAGE_SIZE, target, PAGE_4_KIB,
                           0),
                MAP_IN_USE);
    CHECK(!paging_unmap(root, huge + PAGE_SIZE, &target));
}

// User mode will need a page's own entry to allow it, and all above.
TEST(paging_leaves_rights_to_the_last_entry)
{
    uintptr_t page = 0x803fe7f000;
    phys_addr_t root = new_root();
    CHECK_EQUAL(paging_map(root, page, (phys_addr_t){0xb8000},
                           PAGE_4_KIB, PTE_NO_EXECUTE),
                MAP_OK);
    struct page_walk walk = paging_walk(root, page);
    for (unsigned level = 2; level <= PAGE_LEVELS; level++) {
        CHECK_EQUAL(walk.entries[level] & ~PTE_ADDRESS,
                    PTE_PRESENT | PTE_WRITABLE | PTE_USER);
    }
    CHECK_EQUAL(walk.entries[1],
                0xb8000 | PTE_PRESENT | PTE_NO_EXECUTE);
}
