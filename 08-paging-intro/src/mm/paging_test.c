#include "mm/paging.h"

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
