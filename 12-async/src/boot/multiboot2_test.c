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
    MAP_TYPE = 2,
    MAP_SIZE = 3,
    MAP_ENTRY_SIZE = 4,
    MODULE_SIZE = 19,
    END_TYPE = 28,
};

static _Alignas(8) uint32_t info[sizeof(good) / sizeof(good[0])];

static phys_addr_t kernels; // the information that the kernel uses

// Uses `good` with one word changed, and returns what is wrong with it.
// The kernel lies where its addresses say: a pointer into it is a
// physical address, too.
static const char *use(size_t word, uint32_t value)
{
    kernels.value = multiboot2_range().start;
    memcpy(info, good, sizeof(info));
    info[word] = value;
    return multiboot2_use((phys_addr_t){(uintptr_t)info});
}

static void give_back(void)
{
    CHECK(multiboot2_use(kernels) == NULL);
}

TEST(multiboot2_reports_the_areas_of_memory)
{
    struct memory_area area;
    CHECK(use(0, sizeof(good)) == NULL);
    CHECK_EQUAL(multiboot2_range().start, (uintptr_t)info);
    CHECK_EQUAL(multiboot2_range().end, (uintptr_t)info + 120);
    CHECK(multiboot2_area(0, &area));
    CHECK_EQUAL(area.range.start, 0);
    CHECK_EQUAL(area.range.end, 0x9fc00);
    CHECK_EQUAL(area.type, MEMORY_AVAILABLE);
    CHECK(multiboot2_area(1, &area));
    CHECK_EQUAL(area.range.start, 0xfffffffffffff000);
    CHECK_EQUAL(area.range.end, UINT64_MAX); // it does not wrap around
    CHECK_EQUAL(area.type, MEMORY_RESERVED);
    CHECK(!multiboot2_area(2, &area));
    give_back();
}

TEST(multiboot2_reports_the_modules)
{
    struct range range;
    CHECK(use(0, sizeof(good)) == NULL);
    CHECK(multiboot2_module(1, &range));
    CHECK_EQUAL(range.start, 0x300000);
    CHECK_EQUAL(range.end, 0x300001);
    CHECK(!multiboot2_module(2, &range));
    give_back();
}

TEST(multiboot2_notices_damage)
{
    static const struct {
        size_t word;
        uint32_t value;
        const char *problem;
    } damages[] = {
        {0, 112, "it has no end"},
        {0, 4, "it has no end"},
        {0, 0xffffffff, "it is longer than what can be read"},
        {END_TYPE, 1, "it has no end"},
        {MAP_SIZE, 7, "a tag has an impossible size"},
        {MAP_SIZE, 15, "a tag has an impossible size"},
        {MAP_SIZE, 0xfffffff8, "a tag has an impossible size"},
        {MODULE_SIZE, 8, "a tag has an impossible size"},
        {MAP_ENTRY_SIZE, 0, "the memory map's entries make no sense"},
        {MAP_ENTRY_SIZE, 28, "the memory map's entries make no sense"},
        {MAP_TYPE, 7, "it has no memory map"},
    };
    uint64_t reach = phys_reach;
    phys_reach = (uintptr_t)info + sizeof(info);
    for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        CHECK_TEXT(use(damages[i].word, damages[i].value),
                   damages[i].problem);
        phys_reach = reach;
        give_back();
        phys_reach = (uintptr_t)info + sizeof(info);
    }
    phys_reach = reach;
}
