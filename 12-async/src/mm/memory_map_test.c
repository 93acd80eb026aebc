#include "mm/memory_map.h"

#include "test/test.h"

// What GRUB could tell of a machine with 16 MiB: the BIOS's data, its
// ROM, memory, ACPI's tables, and one entry that overlaps.
static const _Alignas(8) uint32_t info[] = {
    168, 0,
    6, 136, 24, 0,
    0x000000, 0, 0x09fc00, 0, 1, 0,
    0x0f0000, 0, 0x010000, 0, 2, 0,
    0x100000, 0, 0xe00000, 0, 1, 0,
    0xe00000, 0, 0x100000, 0, 3, 0,
    0xf00000, 0, 0x100000, 0, 1, 0,
    3, 16, 0x300000, 0x300001,
    0, 8,
};
_Static_assert(sizeof(info) == 168, "its first word says so");

static const struct range self = {0x200000, 0x2000a8};
static const struct range kernel = {0x100000, 0x150000};

TEST(memory_map_knows_what_is_ram)
{
    static struct ranges ram;
    memory_map_ram(info, &ram);
    CHECK_EQUAL(ram.count, 2);
    CHECK(ranges_contain(&ram, (struct range){0, 0x9fc00}));
    CHECK(ranges_contain(&ram, (struct range){0x100000, 0x1000000}));
}

TEST(memory_map_leaves_out_what_is_in_use)
{
    static struct ranges free;
    static const struct range expected[] = {
        {0x150000, 0x200000}, // behind the kernel
        {0x2000a8, 0x300000}, // behind the information
        {0x300001, 0xe00000}, // behind the module, up to ACPI's tables
        {0xf00000, 0x1000000},
    };
    memory_map_free(info, self, kernel, &free);
    CHECK_EQUAL(free.count, 4);
    for (size_t i = 0; i < 4; i++) {
        CHECK_EQUAL(free.list[i].start, expected[i].start);
        CHECK_EQUAL(free.list[i].end, expected[i].end);
    }
}
