// The memory functions as the kernel has them: compiled with its own
// flags, in a machine of its own.
// needs: src/lib/string.c src/test/test.c src/kernel/init.c
// once: src/lib/string.* src/test/test.*
#include "lib/string.h"

#include "drivers/qemu.h"
#include "drivers/serial.h"
#include "kernel/kernel.h"
#include "test/test.h"

enum { LONGEST = 40, AREA = 128 };

static uint8_t area[AREA];
static uint8_t before[AREA];

// volatile: the compiler must not turn this into a call of memset.
static void fill(unsigned seed)
{
    volatile uint8_t *a = area;
    volatile uint8_t *b = before;
    for (unsigned i = 0; i < AREA; i++) {
        a[i] = b[i] = (uint8_t)(i * 37 + seed);
    }
}

// Whether area[to..to+n) holds what from was, and the rest is as before.
static bool moved(size_t to, size_t from, size_t n)
{
    for (size_t i = 0; i < AREA; i++) {
        bool inside = i >= to && i < to + n;
        if (area[i] != before[inside ? from + i - to : i]) {
            return false;
        }
    }
    return true;
}

TEST(memcpy_copies_in_the_kernel)
{
    for (size_t n = 0; n <= LONGEST; n++) {
        fill((unsigned)n);
        CHECK(memcpy(area + 3, area + 64, n) == area + 3);
        CHECK(moved(3, 64, n));
    }
}

TEST(memmove_moves_over_overlaps_in_the_kernel)
{
    for (size_t n = 0; n <= LONGEST; n++) {
        for (size_t to = 0; to < 24; to++) {
            fill((unsigned)n);
            CHECK(memmove(area + to, area + 12, n) == area + to);
            CHECK(moved(to, 12, n));
        }
    }
}

TEST(memset_fills_in_the_kernel)
{
    for (size_t n = 0; n <= LONGEST; n++) {
        fill(7);
        CHECK(memset(area + 5, 0x1ab, n) == area + 5);
        for (size_t i = 0; i < AREA; i++) {
            bool inside = i >= 5 && i < 5 + n;
            CHECK_EQUAL(area[i], inside ? 0xab : before[i]);
        }
    }
}

TEST(memcmp_compares_in_the_kernel)
{
    fill(1);
    CHECK(memcmp(area, before, AREA) == 0);
    area[50] = 0x80;
    before[50] = 0x7f;
    CHECK(memcmp(area, before, 50) == 0);
    CHECK(memcmp(area, before, 51) > 0);
    CHECK(memcmp(before, area, AREA) < 0);
}

struct large {
    uint64_t words[64];
};

static struct large source;
static struct large target;

TEST(structures_are_copied)
{
    // The compiler may call memcpy and memset for these.
    for (unsigned i = 0; i < 64; i++) {
        source.words[i] = i * UINT64_C(0x0101010101010101);
    }
    target = source;
    CHECK_EQUAL(target.words[63], UINT64_C(0x3f3f3f3f3f3f3f3f));
    target = (struct large){.words = {1}};
    CHECK_EQUAL(target.words[0], 1);
    CHECK_EQUAL(target.words[63], 0);
}

void kernel_main(uint32_t boot_info)
{
    kernel_init(boot_info);
    unsigned failures = test_run_all();
    serial_drain();
    qemu_exit(failures == 0 ? QEMU_SUCCESS : QEMU_FAILURE);
}
