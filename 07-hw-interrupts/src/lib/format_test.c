#include "lib/format.h"

#include <stdint.h>

#include "test/test.h"

static char text[64];
static size_t used;

static void add(const char *more, size_t length, void *context)
{
    (void)context;
    for (size_t i = 0; i < length && used < sizeof(text) - 1; i++) {
        text[used] = more[i];
        used++;
    }
}

// What a format becomes.
PRINTF(1, 2) static const char *formatted(const char *fmt, ...)
{
    used = 0;
    va_list args;
    va_start(args, fmt);
    format(add, NULL, fmt, args);
    va_end(args);
    text[used] = '\0';
    return text;
}

TEST(format_writes_numbers)
{
    CHECK_TEXT(formatted("%d %u %d", 0, 42u, -7), "0 42 -7");
    CHECK_TEXT(formatted("%x %s", 255u, "FF"), "ff FF");
    CHECK_TEXT(formatted("%lu", UINT64_MAX), "18446744073709551615");
    CHECK_TEXT(formatted("%ld", INT64_MIN), "-9223372036854775808");
}

TEST(format_fills_to_the_width)
{
    CHECK_TEXT(formatted("[%4d] [%04d]", 42, 42), "[  42] [0042]");
    CHECK_TEXT(formatted("[%4d] [%04d]", -42, -42), "[ -42] [-042]");
    CHECK_TEXT(formatted("[%4s] [%4c]", "ab", 'c'), "[  ab] [   c]");
}

TEST(format_writes_pointers_in_full)
{
    CHECK_TEXT(formatted("%p", (void *)0xb8000), "0x00000000000b8000");
}

// Without the attribute: GCC would warn of the formats below.
typedef const char *unchecked(const char *fmt, ...);

TEST(format_leaves_what_it_does_not_know)
{
    unchecked *print = formatted;
    CHECK_TEXT(print("100%! %"), "100%! %");
    CHECK_TEXT(print("%d %! %d", 1, 2), "1 %! %d");
}

TEST(format_cuts_off_what_does_not_fit)
{
    char buffer[] = "......";
    CHECK_EQUAL(format_to_buffer(buffer, 4, "%s", "abcdef"), 3);
    CHECK_TEXT(buffer, "abc");
    CHECK_TEXT(buffer + 4, "..");
}
