// Page tables as they are read: generated ones, full of noise, against a
// second reading of them that divides where the kernel shifts.
// needs: src/mm/paging.h src/mm/paging.c
#include "mm/paging.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "test/test.h"

// How many bytes an entry stands for, by level, and in total.
static const uint64_t sizes[PAGE_LEVELS + 2] = {
    0,
    UINT64_C(4) << 10,
    UINT64_C(2) << 20,
    UINT64_C(1) << 30,
    UINT64_C(512) << 30,
    UINT64_C(256) << 40,
};

static uint64_t index_of(uint64_t address, unsigned level)
{
    return address % sizes[level + 1] / sizes[level];
}

// In either half.
static uintptr_t any_address(void)
{
    uint64_t address = host_random() % sizes[PAGE_LEVELS + 1];
    if (address >= sizes[PAGE_LEVELS + 1] / 2) {
        address -= sizes[PAGE_LEVELS + 1];
    }
    return address;
}

// --- Addresses --------------------------------------------------------

TEST(paging_addresses_are_canonical_or_not)
{
    // All values of the bits that matter, with others around them.
    for (uint64_t top = 0; top < UINT64_C(1) << 17; top++) {
        uint64_t lowest = top << 47;
        uint64_t highest = lowest + (UINT64_C(1) << 47) - 1;
        bool expected = top == 0 || top == (UINT64_C(1) << 17) - 1;
        CHECK_EQUAL(paging_is_canonical(lowest), expected);
        CHECK_EQUAL(paging_is_canonical(highest), expected);
        CHECK_EQUAL(paging_is_canonical(lowest | host_random() >> 17),
                    expected);
    }
}

TEST(paging_indices_are_nine_bits_each)
{
    for (unsigned i = 0; i < 100000; i++) {
        uintptr_t address = any_address();
        for (unsigned level = 1; level <= PAGE_LEVELS; level++) {
            CHECK_EQUAL(paging_index(address, level),
                        index_of(address, level));
        }
    }
    for (unsigned level = 1; level <= PAGE_LEVELS; level++) {
        for (unsigned i = 0; i < PAGE_ENTRIES; i++) {
            uint64_t first = sizes[level] * i;
            CHECK_EQUAL(paging_index(first, level), i);
            CHECK_EQUAL(paging_index(first + sizes[level] - 1, level), i);
        }
    }
}

TEST(paging_has_four_levels)
{
    static const char *const names[] = {"PT", "PD", "PDPT", "PML4"};
    for (unsigned level = 1; level <= PAGE_LEVELS; level++) {
        CHECK_TEXT(paging_level_name(level), names[level - 1]);
    }
    EXPECT_PANIC(paging_level_name(0));
    EXPECT_PANIC(paging_level_name(5));
    EXPECT_PANIC(paging_level_name((unsigned)-1));
    EXPECT_PANIC(paging_index(0, 0));
    EXPECT_PANIC(paging_index(0, 5));
    EXPECT_PANIC(paging_index(0, (unsigned)-1));
}

// --- Entries in words -------------------------------------------------

// The bits that have a word (Intel SDM Vol. 3A, "4-Level Paging and
// 5-Level Paging"), in the order in which they are told.
static const struct {
    unsigned bit;
    const char *set, *clear;
} words[] = {
    {1, "writable", "read-only"}, {2, " user", ""},
    {3, " write-through", ""},    {4, " uncached", ""},
    {5, " accessed", ""},         {6, " dirty", ""},
    {7, " huge", ""},             {63, " no-execute", ""},
};
enum { WORDS = sizeof(words) / sizeof(words[0]) };

// An entry that has the words with these numbers, and anything beside.
static pte_t entry_with(unsigned chosen)
{
    pte_t entry = host_random();
    for (unsigned i = 0; i < WORDS; i++) {
        uint64_t bit = UINT64_C(1) << words[i].bit;
        entry = (chosen >> i & 1) != 0 ? entry | bit : entry & ~bit;
    }
    return entry;
}

// In a heap block of just that size: the sanitizer sees a byte too many.
static void check_text(pte_t entry, size_t size, const char *expected)
{
    char *buffer = malloc(size);
    memset(buffer, '#', size);
    paging_explain(buffer, size, entry);
    char cut[128];
    snprintf(cut, size, "%s", expected);
    CHECK_TEXT(buffer, cut);
    free(buffer);
}

TEST(paging_explains_every_entry)
{
    for (unsigned i = 0; i < 16u << WORDS; i++) {
        unsigned chosen = i % (1u << WORDS);
        pte_t entry = entry_with(chosen) | 1;
        char expected[128] = "";
        for (unsigned w = 0; w < WORDS; w++) {
            strcat(expected, (chosen >> w & 1) != 0 ? words[w].set
                                                    : words[w].clear);
        }
        CHECK(strlen(expected) < 72);
        check_text(entry, 72, expected);
        check_text(entry, 1 + host_random_below(71), expected);
        check_text(entry & ~UINT64_C(1), 72, "not present");
    }
}

// --- Walks ------------------------------------------------------------

// One PML4, and some tables of each other level, at an address that
// needs all bits that an address can have.
enum { TABLES = 4 };
#define FIRST UINT64_C(0x000abcdef1234000)
static _Alignas(PAGE_SIZE)
    pte_t tables[PAGE_LEVELS + 1][TABLES][PAGE_ENTRIES];

static phys_addr_t table(unsigned level, unsigned number)
{
    phys_window = (uintptr_t)tables - FIRST;
    uint64_t offset = (uintptr_t)tables[level][number] -
                      (uintptr_t)tables;
    return (phys_addr_t){FIRST + offset};
}

// Bits that mean nothing to a walk are noise; those of pages' addresses,
// too, even those that are too low for a page of its size.  That bit 7
// makes no page of an entry in a PML4 or a PT is part of it.
static pte_t any_entry(unsigned level)
{
    static const uint64_t address = UINT64_C(0x000ffffffffff000);
    static const uint64_t huge = 1 << 7;
    pte_t entry = host_random() | 1;
    if (host_random_below(8) == 0) {
        return entry & ~UINT64_C(1);
    }
    bool leads_on = level == 4 || (level > 1 && (entry & huge) == 0);
    if (leads_on) {
        entry &= ~address;
        entry |= table(level - 1, host_random_below(TABLES)).value;
    }
    return entry;
}

static void fill_tables(void)
{
    for (unsigned level = 1; level <= PAGE_LEVELS; level++) {
        for (unsigned i = 0; i < TABLES * PAGE_ENTRIES; i++) {
            (&tables[level][0][0])[i] = any_entry(level);
        }
    }
}

// The same walk, without the functions under test.
static void check_walk(phys_addr_t root, uintptr_t address)
{
    struct page_walk walk = paging_walk(root, address);
    uint64_t at = root.value;
    for (unsigned level = PAGE_LEVELS;; level--) {
        const pte_t *entries =
            (const pte_t *)((uintptr_t)tables + (at - FIRST));
        pte_t entry = entries[index_of(address, level)];
        CHECK_EQUAL(walk.entries[level], entry);
        at = entry % (UINT64_C(1) << 52) / 4096 * 4096;
        bool present = entry % 2 == 1;
        bool huge = entry / 128 % 2 == 1;
        bool page = level == 1 || (level < 4 && huge);
        if (!present || page) {
            CHECK_EQUAL(walk.level, level);
            CHECK_EQUAL(walk.mapped, present);
            if (present) {
                CHECK_EQUAL(walk.address.value,
                            at / sizes[level] * sizes[level] +
                                address % sizes[level]);
            }
            return;
        }
    }
}

TEST(paging_walks_as_the_entries_say)
{
    for (unsigned i = 0; i < 20; i++) {
        fill_tables();
        for (unsigned n = 0; n < 5000; n++) {
            phys_addr_t root = table(4, host_random_below(TABLES));
            uintptr_t address = any_address();
            check_walk(root, address);
            check_walk(root, address / 4096 * 4096);
            check_walk(root, address | 4095);
        }
    }
}

// Each end of each walk, for the first and the last byte of what the
// last entry stands for.
static void check_end(unsigned level, pte_t last)
{
    for (unsigned i = 0; i < 200; i++) {
        uintptr_t address = any_address();
        for (unsigned at = PAGE_LEVELS; at > level; at--) {
            tables[at][0][index_of(address, at)] =
                table(at - 1, 0).value | 1;
        }
        tables[level][0][index_of(address, level)] = last;
        uintptr_t first = address - address % sizes[level];
        check_walk(table(4, 0), address);
        check_walk(table(4, 0), first);
        check_walk(table(4, 0), first + sizes[level] - 1);
        CHECK_EQUAL(paging_walk(table(4, 0), address).level, level);
        CHECK_EQUAL(paging_walk(table(4, 0), address).mapped, last % 2);
    }
}

TEST(paging_walks_end_at_each_level)
{
    static const pte_t all = ~UINT64_C(0);
    fill_tables();
    for (unsigned level = 1; level <= PAGE_LEVELS; level++) {
        check_end(level, 0);
        check_end(level, all - 1);
        if (level < PAGE_LEVELS) {
            check_end(level, all);
            check_end(level, 1 << 7 | 1);
        }
    }
    check_end(1, 1);
}

TEST(paging_walks_only_to_addresses_that_exist)
{
    fill_tables();
    for (unsigned i = 0; i < 1000; i++) {
        uintptr_t address = any_address();
        unsigned bit = 47 + i % 17;
        EXPECT_PANIC(
            paging_walk(table(4, 0), address ^ UINT64_C(1) << bit));
    }
}

TEST(paging_root_is_what_cr3_holds)
{
    for (unsigned i = 0; i < 1000; i++) {
        host_cr3 = host_random();
        uint64_t address = host_cr3 % (UINT64_C(1) << 52);
        CHECK_EQUAL(paging_root().value, address - address % 4096);
    }
}
