#include "lib/format.h"

#include <stdint.h>

#include "test/test.h"

static char text[64];

#define CHECK_FORMAT(expected, ...)                          \
    do {                                                     \
        format_to_buffer(text, sizeof(text), __VA_ARGS__);   \
        CHECK_TEXT(text, expected);                          \
    } while (0)

TEST(format_writes_numbers)
{
    CHECK_FORMAT("0 42 -7", "%d %u %d", 0, 42u, -7);
    CHECK_FORMAT("ff FF", "%x %s", 255u, "FF");
    CHECK_FORMAT("18446744073709551615", "%lu", UINT64_MAX);
    CHECK_FORMAT("-9223372036854775808", "%ld", INT64_MIN);
}

TEST(format_fills_to_the_width)
{
    CHECK_FORMAT("[  42] [42  ] [0042]", "[%4d] [%-4d] [%04d]", 42, 42,
                 42);
    CHECK_FORMAT("[ -42] [-042]", "[%4d] [%04d]", -42, -42);
    CHECK_FORMAT("[  ab] [ab  ]", "[%4s] [%-4s]", "ab", "ab");
}

TEST(format_cuts_off_and_tells_the_length)
{
    CHECK_EQUAL(format_to_buffer(text, 4, "%s", "abcdef"), 6);
    CHECK_TEXT(text, "abc");
}

// Without the attribute: GCC would warn of the format below.
typedef size_t unchecked(char *buffer, size_t size, const char *fmt,
                         ...);

TEST(format_leaves_what_it_does_not_know)
{
    unchecked *print = format_to_buffer;
    print(text, sizeof(text), "100%! %");
    CHECK_TEXT(text, "100%! %");
    print(text, sizeof(text), "%d %! %d", 1, 2);
    CHECK_TEXT(text, "1 %! %d");
}
