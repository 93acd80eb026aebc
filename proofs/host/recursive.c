// Where the entries appear, computed in another way; and what is no
// address or no page is refused.  What is found there is proven in a
// kernel (kernel/recursive.c).
// needs: src/mm/recursive.h src/mm/recursive.c src/mm/paging.h
// needs: src/mm/frame.h
#include "mm/recursive.h"

#include "host.h"
#include "test/test.h"

enum { GENERATED = 20000 };

#define PAGE UINT64_C(0xdeadbeaf000)

// An address from its four indices and its offset.
static uintptr_t join(const unsigned index[4], uint64_t offset)
{
    uint64_t address = offset;
    for (unsigned i = 0; i < 4; i++) {
        address += (uint64_t)index[i] << (39 - 9 * i);
    }
    // Bit 47 decides about those above it.
    return index[0] >= 256 ? address | UINT64_C(0xffff) << 48 : address;
}

TEST(entries_appear_one_index_further_for_each_level)
{
    for (unsigned n = 0; n < GENERATED; n++) {
        unsigned index[4];
        for (unsigned i = 0; i < 4; i++) {
            index[i] = host_random_below(512);
        }
        uintptr_t address = join(index, host_random_below(4096));
        for (unsigned level = 1; level <= 4; level++) {
            // The last entry of the PML4, `level` times; then the
            // indices, the last of them as an offset.
            unsigned path[4] = {511, 511, 511, 511};
            for (unsigned i = level; i < 4; i++) {
                path[i] = index[i - level];
            }
            CHECK_EQUAL((uintptr_t)recursive_entry(address, level),
                        join(path, 8 * index[4 - level]));
        }
    }
}

TEST(a_level_that_is_none_is_refused)
{
    EXPECT_PANIC(recursive_entry(PAGE, 0));
    EXPECT_PANIC(recursive_entry(PAGE, 5));
}

TEST(an_address_that_is_not_canonical_is_refused)
{
    EXPECT_PANIC(recursive_walk(UINT64_C(1) << 47));
    EXPECT_PANIC(recursive_walk(UINT64_C(0xffff7fffffffffff)));
}

// The statements of EXPECT_PANIC; what they return is never seen.
static void map(uintptr_t address, uint64_t target)
{
    CHECK_EQUAL(recursive_map(address, (phys_addr_t){target}, 0), 0);
}

TEST(what_begins_no_page_is_not_mapped)
{
    EXPECT_PANIC(map(PAGE + 1, 0x200000));
    EXPECT_PANIC(map(PAGE + 2048, 0x200000));
    EXPECT_PANIC(map(PAGE, 0x200001));
    EXPECT_PANIC(map(PAGE, 0x200800));
}

TEST(the_tables_own_addresses_are_not_mapped)
{
    EXPECT_PANIC(map(UINT64_C(0xffffff8000000000), 0x200000));
    EXPECT_PANIC(map(UINT64_C(0xfffffffffffff000), 0x200000));
}

TEST(the_entry_that_leads_back_is_made_once)
{
    phys_addr_t root = {0};
    CHECK(paging_new_table(&root));
    const pte_t *table = phys_to_virt(root);
    recursive_install(root);
    CHECK_EQUAL(table[511], root.value | PTE_PRESENT | PTE_WRITABLE |
                                PTE_NO_EXECUTE);
    for (unsigned i = 0; i < 511; i++) {
        CHECK_EQUAL(table[i], 0);
    }
    EXPECT_PANIC(recursive_install(root));
}
