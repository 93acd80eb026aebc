#include "boot/sections.h"

#include "test/test.h"

// A header; a memory map without areas; three sections of 16 words, of
// which the last has the names; the end.
enum { COUNT = 8, ENTRY_SIZE = 9, FIRST = 11, SECTION = 16 };
enum { NAME = 0, ADDRESS = 4, SIZE = 8 }; // in a section
enum { END_SIZE = FIRST + 3 * SECTION + 2, WORDS };

static const char names[] = "\0.text\0.names";
static _Alignas(8) uint32_t words[WORDS];

static void build(void)
{
    static const uint32_t begin[] = {
        WORDS * 4, 0, 6, 16, 24, 0,
        9, 20 + 3 * SECTION * 4, 3, 64, 2,
    };
    for (size_t i = 0; i < WORDS; i++) {
        words[i] = i < FIRST ? begin[i] : 0;
    }
    words[END_SIZE] = 8;
    uint32_t *text = &words[FIRST + SECTION];
    uint32_t *last = &words[FIRST + 2 * SECTION];
    text[NAME] = 1;
    text[ADDRESS] = 0x100000;
    text[SIZE] = 0x1234;
    last[NAME] = 7;
    last[ADDRESS] = (uint32_t)(uintptr_t)names;
    last[ADDRESS + 1] = (uint32_t)((uintptr_t)names >> 32);
    last[SIZE] = sizeof(names);
}

TEST(sections_are_found_with_their_names)
{
    phys_addr_t kernels = {multiboot2_range().start};
    struct section section;
    build();
    CHECK(multiboot2_use((phys_addr_t){(uintptr_t)words}) == NULL);
    CHECK(sections_get(0, &section));
    CHECK_TEXT(section.name, "");
    CHECK(sections_get(1, &section));
    CHECK_TEXT(section.name, ".text");
    CHECK_EQUAL(section.range.start, 0x100000);
    CHECK_EQUAL(section.range.end, 0x101234);
    CHECK(sections_get(2, &section));
    CHECK_TEXT(section.name, ".names");
    CHECK(!sections_get(3, &section));
    CHECK(multiboot2_use(kernels) == NULL);
}

TEST(sections_that_do_not_fit_are_none)
{
    phys_addr_t kernels = {multiboot2_range().start};
    struct section section;
    build();
    CHECK(multiboot2_use((phys_addr_t){(uintptr_t)words}) == NULL);
    words[COUNT] = 0xffffffff;
    CHECK(!sections_get(3, &section));
    words[ENTRY_SIZE] = 63;
    CHECK(!sections_get(0, &section));
    words[ENTRY_SIZE] = 64;
    words[FIRST + SECTION + NAME] = sizeof(names);
    CHECK(sections_get(1, &section));
    CHECK_TEXT(section.name, "");
    CHECK(multiboot2_use(kernels) == NULL);
}
