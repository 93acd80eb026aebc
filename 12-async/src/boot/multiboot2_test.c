#include "boot/multiboot2.h"

#include "lib/string.h"
#include "test/test.h"

// A header; the memory map with two areas; two modules; the end.
static const uint32_t good[] = {
    120, 0,
    6, 64, 24, 0,
    0x0, 0, 0x9fc00, 0, 1, 0,
    0xfffff000, 0xffffffff, 0x2000, 0, 2, 0,
    3, 16, 0x200000, 0x201000,
    3, 17, 0x300000, 0x300001,
    0, 0,
    0, 8,
};
_Static_assert(sizeof(good) == 120, "its first word says so");

// Where words are that the tests change.
enum {
    MAP_SIZE = 3,
    MAP_ENTRY_SIZE = 4,
    MODULE_TAG_SIZE = 19,
    END_TYPE = 28,
};

static _Alignas(8) uint32_t info[sizeof(good) / sizeof(good[0])];

// The problem of information with one word changed.
static const char *problem(size_t word, uint32_t value)
{
    memcpy(info, good, sizeof(info));
    info[word] = value;
    return multiboot2_check(info, sizeof(info));
}

static void use_good(void)
{
    memcpy(info, good, sizeof(info));
    CHECK(multiboot2_check(info, sizeof(info)) == NULL);
    CHECK_EQUAL(multiboot2_size(info), sizeof(info));
}

TEST(multiboot2_tells_the_areas_of_memory)
{
    struct memory_area area;
    use_good();
    CHECK(multiboot2_memory(info, 0, &area));
    CHECK_EQUAL(area.range.start, 0);
    CHECK_EQUAL(area.range.end, 0x9fc00);
    CHECK_EQUAL(area.type, MEMORY_AVAILABLE);
    CHECK(multiboot2_memory(info, 1, &area));
    CHECK_EQUAL(area.range.start, 0xfffffffffffff000);
    CHECK_EQUAL(area.range.end, UINT64_MAX); // it does not wrap around
    CHECK_EQUAL(area.type, MEMORY_RESERVED);
    CHECK(!multiboot2_memory(info, 2, &area));
}

TEST(multiboot2_tells_the_modules)
{
    struct range range;
    use_good();
    CHECK(multiboot2_module(info, 1, &range));
    CHECK_EQUAL(range.start, 0x300000);
    CHECK_EQUAL(range.end, 0x300001);
    CHECK(!multiboot2_module(info, 2, &range));
    CHECK(!multiboot2_section(info, 0, &range));
}

TEST(multiboot2_notices_what_is_damaged)
{
    CHECK(problem(0, 121) != NULL);
    CHECK(problem(0, 112) != NULL);
    CHECK(problem(0, 4) != NULL);
    CHECK(problem(MAP_SIZE, 7) != NULL);
    CHECK(problem(MAP_SIZE, 0xfffffff8) != NULL);
    CHECK(problem(MAP_ENTRY_SIZE, 0) != NULL);
    CHECK(problem(MAP_ENTRY_SIZE, 28) != NULL);
    CHECK(problem(MAP_SIZE - 1, 7) != NULL);
    CHECK(problem(MODULE_TAG_SIZE, 8) != NULL);
    CHECK(problem(END_TYPE, 1) != NULL);
}

TEST(multiboot2_tells_the_sections)
{
    // A header; a memory map without areas; two sections; the end.
    static _Alignas(8) uint32_t words[46] = {
        184, 0,
        6, 16, 24, 0,
        9, 148, 2, 64, 0,
    };
    enum { COUNT = 8, FIRST = 11, END_SIZE = 45 };
    enum { ADDRESS = 4, SIZE = 8 }; // in a section
    struct range range;
    words[FIRST + ADDRESS] = 0x100000;
    words[FIRST + SIZE] = 0x1234;
    words[END_SIZE] = 8;
    words[COUNT] = 2;
    CHECK(multiboot2_check(words, sizeof(words)) == NULL);
    CHECK(multiboot2_section(words, 0, &range));
    CHECK_EQUAL(range.start, 0x100000);
    CHECK_EQUAL(range.end, 0x101234);
    CHECK(multiboot2_section(words, 1, &range));
    CHECK(!multiboot2_section(words, 2, &range));
    words[COUNT] = 3; // there is no room for a third
    CHECK(multiboot2_check(words, sizeof(words)) != NULL);
}
