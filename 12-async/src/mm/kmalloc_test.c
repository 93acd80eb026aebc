#include "mm/kmalloc.h"

#include <stdint.h>

#include "lib/string.h"
#include "test/test.h"

// volatile: GCC refuses to compile a call with a size that it knows to
// be impossible.
static volatile size_t too_much = SIZE_MAX;

TEST(kmalloc_gives_different_blocks)
{
    uint64_t *one = kmalloc(sizeof(*one));
    uint64_t *other = kmalloc(sizeof(*other));
    CHECK(one != NULL && other != NULL && one != other);
    if (one != NULL && other != NULL) {
        *one = 41;
        *other = 13;
        CHECK_EQUAL(*one, 41);
        CHECK_EQUAL((uintptr_t)one % 16, 0);
    }
    kfree(one);
    kfree(other);
}

TEST(kmalloc_takes_any_size)
{
    void *nothing = kmalloc(0);
    CHECK(nothing != NULL);
    kfree(nothing);
    kfree(NULL);
}

TEST(kmalloc_refuses_what_cannot_be)
{
    void *block = kmalloc(too_much);
    CHECK(block == NULL);
    kfree(block);
    block = kcalloc(too_much / 2, 3);
    CHECK(block == NULL);
    kfree(block);
}

TEST(kcalloc_gives_zeros)
{
    uint8_t *bytes = kcalloc(3, 5);
    CHECK(bytes != NULL);
    for (size_t i = 0; bytes != NULL && i < 15; i++) {
        CHECK_EQUAL(bytes[i], 0);
    }
    kfree(bytes);
}

TEST(kmalloc_aligns_as_asked)
{
    for (size_t alignment = 1; alignment <= 4096; alignment *= 2) {
        uint8_t *block = kmalloc_aligned(40, alignment);
        CHECK(block != NULL);
        CHECK_EQUAL((uintptr_t)block % alignment, 0);
        kfree(block);
    }
}

TEST(krealloc_keeps_what_there_was)
{
    char *text = krealloc(NULL, 6);
    CHECK(text != NULL);
    if (text != NULL) {
        memcpy(text, "hello", 6);
        char *longer = krealloc(text, 10000);
        CHECK(longer != NULL);
        CHECK_TEXT(longer, "hello");
        CHECK(krealloc(longer, too_much) == NULL);
        CHECK_TEXT(longer, "hello");
        char *shorter = krealloc(longer, 2);
        CHECK(shorter != NULL && shorter[0] == 'h');
        kfree(shorter);
    }
}
