// The four memory functions against the C library's, over all small
// cases: lengths, offsets, overlaps; every area has its exact size, so
// that the sanitizer sees an access beyond it.
// needs: src/lib/string.h src/lib/string.c

// The kernel's functions go by other names on the host.
#define memcpy kernel_memcpy
#define memmove kernel_memmove
#define memset kernel_memset
#define memcmp kernel_memcmp
#include "lib/string.h"
#undef memcpy
#undef memmove
#undef memset
#undef memcmp

#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "test/test.h"

enum { LONGEST = 70, OFFSETS = 9, AREA = 256, LONG = 70000 };

static uint8_t ours[AREA];
static uint8_t theirs[AREA];

static void fill(uint8_t *area, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        area[i] = (uint8_t)host_random();
    }
}

static bool same(void)
{
    return memcmp(ours, theirs, AREA) == 0;
}

static void copy_between_offsets(size_t n)
{
    static uint8_t source[AREA];
    fill(source, AREA);
    for (size_t to = 0; to < OFFSETS; to++) {
        for (size_t from = 0; from < OFFSETS; from++) {
            fill(ours, AREA);
            memcpy(theirs, ours, AREA);
            void *result = kernel_memcpy(ours + to, source + from, n);
            memcpy(theirs + to, source + from, n);
            CHECK(result == ours + to);
            CHECK(same());
        }
    }
}

TEST(memcpy_copies_as_the_library_does)
{
    for (size_t n = 0; n <= LONGEST; n++) {
        copy_between_offsets(n);
    }
}

TEST(memmove_moves_over_every_overlap)
{
    for (size_t n = 0; n <= LONGEST; n++) {
        fill(ours, AREA);
        memcpy(theirs, ours, AREA);
        for (size_t to = 0; to <= LONGEST + 1; to++) {
            for (size_t from = 0; from <= LONGEST + 1; from++) {
                void *result = kernel_memmove(ours + to, ours + from, n);
                memmove(theirs + to, theirs + from, n);
                CHECK(result == ours + to);
                CHECK(same());
            }
        }
    }
}

static void set_at_offsets(int value, size_t n)
{
    for (size_t to = 0; to < OFFSETS; to++) {
        void *result = kernel_memset(ours + to, value, n);
        memset(theirs + to, value, n);
        CHECK(result == ours + to);
        CHECK(same());
    }
}

TEST(memset_fills_with_the_low_byte)
{
    static const int values[] = {0,  1,    0x7f,   0x80,   0xff,       256,
                                 -1, -128, 0x1234, 0xff00, -2147483647};
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        for (size_t n = 0; n <= LONGEST; n++) {
            fill(ours, AREA);
            memcpy(theirs, ours, AREA);
            set_at_offsets(values[i], n);
        }
    }
}

static int sign(int number)
{
    return (number > 0) - (number < 0);
}

static void compare(const void *left, const void *right, size_t n)
{
    CHECK_EQUAL(sign(kernel_memcmp(left, right, n)),
                sign(memcmp(left, right, n)));
}

TEST(memcmp_orders_every_pair_of_bytes)
{
    for (unsigned i = 0; i < 256 * 256; i++) {
        uint8_t left[2] = {(uint8_t)i, (uint8_t)host_random()};
        uint8_t right[2] = {(uint8_t)(i >> 8), (uint8_t)host_random()};
        compare(left, right, 1);
        compare(left, right, 2);
    }
}

TEST(memcmp_finds_the_first_difference)
{
    for (size_t n = 0; n <= LONGEST; n++) {
        for (size_t place = 0; place <= n; place++) {
            fill(ours, AREA);
            memcpy(theirs, ours, AREA);
            // The bytes behind the first difference do not count.
            fill(theirs + place, AREA - place);
            theirs[place] = (uint8_t)(ours[place] ^ 0x80);
            compare(ours, theirs, n);
            compare(theirs, ours, n);
            compare(ours + 1, theirs + 1, n);
        }
    }
}

TEST(no_function_leaves_its_areas)
{
    for (size_t n = 0; n <= LONGEST; n++) {
        uint8_t *a = malloc(n);
        uint8_t *b = malloc(n);
        kernel_memset(a, 7, n);
        kernel_memcpy(b, a, n);
        kernel_memmove(a, b, n);
        CHECK(kernel_memcmp(a, b, n) == 0);
        free(a);
        free(b);
    }
}

TEST(lengths_are_not_cut_to_fewer_bits)
{
    uint8_t *a = malloc(LONG);
    uint8_t *b = malloc(LONG);
    fill(a, LONG);
    kernel_memcpy(b, a, LONG);
    CHECK(memcmp(a, b, LONG) == 0);
    b[LONG - 1]++;
    CHECK(kernel_memcmp(a, b, LONG) != 0);
    kernel_memmove(b, b + 1, LONG - 1);
    CHECK(memcmp(a + 1, b, LONG - 2) == 0);
    kernel_memmove(b + 1, b, LONG - 1);
    CHECK(memcmp(a + 1, b + 1, LONG - 2) == 0);
    kernel_memset(a, 0, LONG);
    kernel_memset(b, 0, LONG - 1);
    CHECK(memcmp(a, b, LONG - 1) == 0);
    CHECK(a[LONG - 1] == 0 && b[LONG - 1] != 0);
    free(a);
    free(b);
}
