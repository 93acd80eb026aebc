// The sections of the kernel's file, as GRUB tells of them: good ones are
// found with their names, and of damaged ones nothing but the information
// itself is read.
// needs: src/boot/sections.h src/boot/sections.c src/boot/multiboot2.h
#include "boot/sections.h"

#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "test/test.h"

// A header; a memory map without areas; the sections; their names; the
// end.
enum { MOST = 20, NAME_SIZE = 8, PLACE = 0x12345678 };
enum { TAG = 24, FIRST = TAG + 20 };

static uint8_t *block;
static size_t count, entry_size, names_at, size;

static void put(size_t at, uint64_t value, size_t bytes)
{
    memcpy(block + at, &value, bytes);
}

// In a heap block that ends where the information ends: the sanitizer
// sees each byte that is read behind it.
static void build(void)
{
    count = 1 + host_random_below(MOST);
    entry_size = 64 + host_random_below(16);
    size_t tag_size = 20 + count * entry_size;
    names_at = TAG + (tag_size + 7) / 8 * 8 + 8;
    size = names_at + count * NAME_SIZE + 8;
    free(block);
    block = malloc(size);
    for (size_t i = 0; i < size; i++) {
        block[i] = (uint8_t)host_random();
    }
    static const uint32_t map[] = {6, 16, 24, 0};
    put(0, size, 8);
    memcpy(block + 8, map, sizeof(map));
    put(TAG, 9 | (uint64_t)tag_size << 32, 8);
    put(TAG + 8, count | (uint64_t)entry_size << 32, 8);
    put(TAG + 16, count - 1, 4);
    for (size_t i = 0; i < count; i++) {
        size_t at = FIRST + i * entry_size;
        put(at, i * NAME_SIZE, 4);
        // Where nothing can be read.
        put(at + 16, UINT64_MAX - host_random_below(1 << 20), 8);
        put(at + 32, host_random_below(1 << 21), 8);
    }
    size_t last = FIRST + (count - 1) * entry_size;
    put(last + 16, PLACE + names_at, 8);
    put(last + 32, count * NAME_SIZE, 8);
    // The names, in a tag that nobody knows.
    put(names_at - 8, 0x1234 | (8 + count * NAME_SIZE) << 32, 8);
    for (size_t i = 0; i < count; i++) {
        char name[NAME_SIZE + 1] = "section\0";
        name[0] = (char)('a' + i);
        memcpy(block + names_at + i * NAME_SIZE, name, NAME_SIZE);
    }
    put(size - 8, UINT64_C(8) << 32, 8);
    phys_window = (uintptr_t)block - PLACE;
    phys_reach = PLACE + size;
    CHECK(multiboot2_use((phys_addr_t){PLACE}) == NULL);
}

TEST(sections_are_those_of_the_file)
{
    for (unsigned n = 0; n < 2000; n++) {
        build();
        struct section section;
        for (size_t i = 0; i < count; i++) {
            CHECK(sections_get(i, &section));
            char name[NAME_SIZE + 1] = "section\0";
            name[0] = (char)('a' + i);
            CHECK_TEXT(section.name, name);
            CHECK(section.range.start <= section.range.end);
            uint64_t start;
            memcpy(&start, block + FIRST + i * entry_size + 16, 8);
            CHECK_EQUAL(section.range.start, start);
        }
        CHECK(!sections_get(count, &section));
        CHECK(!sections_get(SIZE_MAX, &section));
    }
}

TEST(sections_that_are_damaged_lead_nowhere)
{
    static const uint32_t values[] = {
        0, 1, 19, 20, 63, 64, 65, 128, 0x7fffffff, 0xffffffff,
    };
    for (unsigned n = 0; n < 20000; n++) {
        build();
        size_t word = 1 + host_random_below(4);
        uint32_t value = values[host_random_below(10)];
        put(TAG + 4 * word, value, 4);
        if (host_random_below(3) == 0) {
            put(FIRST + (count - 1) * entry_size, value, 4);
        }
        if (host_random_below(3) == 0) {
            put(FIRST + (count - 1) * entry_size + 32, value, 4);
        } else if (host_random_below(2) == 0) {
            put(size - 9, 'x', 1); // the last name has no end
        }
        if (multiboot2_use((phys_addr_t){PLACE}) != NULL) {
            continue;
        }
        struct section section;
        for (size_t i = 0; i < 2 * MOST; i++) {
            if (sections_get(i, &section)) {
                CHECK(strlen(section.name) < NAME_SIZE);
            }
        }
    }
}
