#include "mm/memory_map.h"

#include "test/test.h"

// What GRUB could say of a machine with RAM at 1 TiB, where the real
// machine has none: memory, ACPI's tables, and a hole of half a page
// in memory again.
static const _Alignas(8) uint32_t info[] = {
    128, 0,
    6, 112, 24, 0,
    0x00000, 0x100, 0x10000, 0, 1, 0,
    0x10000, 0x100, 0x03000, 0, 3, 0,
    0x13000, 0x100, 0x0d000, 0, 1, 0,
    0x18800, 0x100, 0x00800, 0, 2, 0,
    0, 8,
};
_Static_assert(sizeof(info) == 128, "its first word says so");

// The number of a page from 1 TiB on.
static uint64_t page(uint64_t number)
{
    return (UINT64_C(1) << (40 - PAGE_BITS)) + number;
}

TEST(memory_map_knows_what_a_page_is)
{
    phys_addr_t kernels = {multiboot2_range().start};
    CHECK(multiboot2_use((phys_addr_t){(uintptr_t)info}) == NULL);
    CHECK_EQUAL(memory_map_at(page(0) - 1), RAM_NONE);
    CHECK_EQUAL(memory_map_at(page(0)), RAM_FREE);
    CHECK_EQUAL(memory_map_at(page(0xf)), RAM_FREE);
    CHECK_EQUAL(memory_map_at(page(0x10)), RAM_USED);
    CHECK_EQUAL(memory_map_at(page(0x12)), RAM_USED);
    CHECK_EQUAL(memory_map_at(page(0x13)), RAM_FREE);
    CHECK_EQUAL(memory_map_at(page(0x18)), RAM_NONE);
    CHECK_EQUAL(memory_map_at(page(0x19)), RAM_FREE);
    CHECK_EQUAL(memory_map_at(page(0x20)), RAM_NONE);
    CHECK_EQUAL(memory_map_next(page(0x13)), page(0x18));
    CHECK_EQUAL(memory_map_next(page(0x18)), page(0x19));
    CHECK(multiboot2_use(kernels) == NULL);
}
