// format() against the C library's printf, over generated formats and
// values, and what ours does differently or beyond it.
// needs: src/lib/format.h src/lib/format.c
#include "lib/format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "test/test.h"

// The formats here are made while the program runs.
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"

enum { CASES = 40000, ROOM = 256 };

static char fmt[64];
static char ours[ROOM];
static char theirs[ROOM];

// --- The sink ---------------------------------------------------------

static char context;
static size_t taken;

static void sink(const char *more, size_t length, void *given)
{
    CHECK(given == &context);
    CHECK(length < ROOM - taken);
    memcpy(ours + taken, more, length);
    taken += length;
}

// Formats into `ours`; returns how many characters came.
static size_t print(const char *text_of_format, ...)
    __attribute__((format(printf, 1, 2)));

static size_t print(const char *text_of_format, ...)
{
    taken = 0;
    va_list args;
    va_start(args, text_of_format);
    format(sink, &context, text_of_format, args);
    va_end(args);
    ours[taken] = '\0';
    return taken;
}

// From chapter 8 on a minus fills on the right.
static bool knows_minus(void)
{
    strcpy(fmt, "%-2d");
    print(fmt, 1);
    return strcmp(ours, "1 ") == 0;
}

// --- Against printf ---------------------------------------------------

// A number with its interesting bits anywhere.
static uint64_t number(void)
{
    static const uint64_t edges[] = {
        0,          1,          9,
        10,         0x7f,       0x80,
        INT32_MAX,  1u << 31,   UINT32_MAX,
        UINT64_C(1) << 32,      INT64_MAX,
        UINT64_C(1) << 63,      UINT64_MAX,
        UINT64_C(9999999999999999999),
        UINT64_C(10000000000000000000),
    };
    if (host_random_below(3) == 0) {
        return edges[host_random_below(sizeof(edges) / sizeof(edges[0]))];
    }
    uint64_t value = host_random() >> host_random_below(64);
    return host_random_below(2) == 0 ? value : -value;
}

static const char *text(void)
{
    static const char *const texts[] = {
        "", "a", "ab", "four", "0", "-1", "100%", "%d", "a longer text",
        "\xc3\xa4\n\t",
    };
    return texts[host_random_below(sizeof(texts) / sizeof(texts[0]))];
}

// Formats the same arguments with both, between two others which must
// not be disturbed.
#define FORMAT_BOTH(value)                                               \
    do {                                                                 \
        size_t length = print(fmt, -5, (value), 7ul);                    \
        int wanted = snprintf(theirs, ROOM, fmt, -5, (value), 7ul);      \
        CHECK_TEXT(ours, theirs);                                        \
        CHECK_EQUAL(length, wanted);                                     \
    } while (0)

static void format_number(char letter, const char *size, uint64_t value)
{
    bool is_signed = letter == 'd';
    if (strcmp(size, "") == 0 && is_signed) {
        FORMAT_BOTH((int)value);
    } else if (strcmp(size, "") == 0) {
        FORMAT_BOTH((unsigned)value);
    } else if (strcmp(size, "l") == 0 && is_signed) {
        FORMAT_BOTH((long)value);
    } else if (strcmp(size, "l") == 0) {
        FORMAT_BOTH((unsigned long)value);
    } else if (strcmp(size, "ll") == 0 && is_signed) {
        FORMAT_BOTH((long long)value);
    } else if (strcmp(size, "ll") == 0) {
        FORMAT_BOTH((unsigned long long)value);
    } else {
        FORMAT_BOTH((size_t)value);
    }
}

static const char *width(void)
{
    static char digits[8];
    switch (host_random_below(4)) {
    case 0:
        return "";
    case 1:
        snprintf(digits, sizeof(digits), "%u", 1 + host_random_below(9));
        break;
    default:
        snprintf(digits, sizeof(digits), "%u", 1 + host_random_below(45));
        break;
    }
    return digits;
}

TEST(format_agrees_about_numbers)
{
    static const char *const flags[] = {"", "0", "00", "-", "-0"};
    static const char *const sizes[] = {"", "l", "ll", "z"};
    unsigned flag_count = knows_minus() ? 5 : 3;
    for (int i = 0; i < CASES; i++) {
        char letter = "dux"[host_random_below(3)];
        const char *size = sizes[host_random_below(4)];
        snprintf(fmt, sizeof(fmt), "<%%d|%%%s%s%s%c|%%lx>",
                 flags[host_random_below(flag_count)], width(), size, letter);
        format_number(letter, size, number());
    }
}

TEST(format_agrees_about_texts_and_characters)
{
    static const char *const flags[] = {"", "-"};
    unsigned flag_count = knows_minus() ? 2 : 1;
    for (int i = 0; i < CASES / 4; i++) {
        const char *flag = flags[host_random_below(flag_count)];
        snprintf(fmt, sizeof(fmt), "<%%d|%%%s%ss|%%lx>", flag, width());
        const char *value = text();
        FORMAT_BOTH(value);
        snprintf(fmt, sizeof(fmt), "<%%d|%%%s%sc|%%lx>", flag, width());
        int c = 1 + (int)host_random_below(255);
        FORMAT_BOTH(c);
    }
}

TEST(format_shows_pointers_with_all_digits)
{
    for (int i = 0; i < CASES / 8; i++) {
        uint64_t value = number();
        size_t length =
            print("<%d|%p|%lx>", -5, (void *)(uintptr_t)value, 7ul);
        int wanted = snprintf(theirs, ROOM, "<-5|0x%016llx|7>",
                              (unsigned long long)value);
        CHECK_TEXT(ours, theirs);
        CHECK_EQUAL(length, wanted);
    }
}

TEST(format_survives_a_null_text)
{
    strcpy(fmt, "[%s] [%8s] [%2s]");
    char *none = NULL;
    print(fmt, none, none, none);
    CHECK_TEXT(ours, "[(null)] [  (null)] [(null)]");
}

TEST(format_keeps_percent_signs)
{
    CHECK_EQUAL(print("100%%|%%d|%d%%", 3), 10);
    CHECK_TEXT(ours, "100%|%d|3%");
}

static bool known(char letter)
{
    return strchr("csduxp%", letter) != NULL;
}

// What stands in a format before its letter is not unknown.
static bool begins(char c)
{
    return strchr("-0123456789lz", c) != NULL;
}

TEST(format_leaves_every_unknown_conversion)
{
    static const char *const before[] = {"",  "5",  "-", "08", "l",
                                         "ll", "z", "-12l"};
    for (int c = 1; c < 256; c++) {
        if (known((char)c) || begins((char)c)) {
            continue;
        }
        for (size_t i = 0; i < 8; i++) {
            // What is before it is converted, and nothing behind it:
            // whose argument is the 43?
            snprintf(fmt, sizeof(fmt), "%%d%%%s%c|%%d%%%%", before[i], c);
            snprintf(theirs, ROOM, "42%%%s%c|%%d%%%%", before[i], c);
            size_t length = print(fmt, 42, 43);
            CHECK_TEXT(ours, theirs);
            CHECK_EQUAL(length, strlen(theirs));
        }
    }
}

TEST(format_leaves_what_is_cut_off)
{
    static const char *const ends[] = {"%",  "%5",  "%-",  "%l",
                                       "%z", "%ll", "%08", "a%-8ll"};
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        // Of its exact size, so that reading on is noticed.
        char *copy = strdup(ends[i]);
        print(copy, 1);
        CHECK_TEXT(ours, ends[i]);
        free(copy);
    }
}

TEST(format_ends_a_width_at_what_is_no_digit)
{
    strcpy(fmt, "%5:d");
    print(fmt, 1);
    CHECK_TEXT(ours, "%5:d");
    strcpy(fmt, "%5/d");
    print(fmt, 1);
    CHECK_TEXT(ours, "%5/d");
}

TEST(format_gives_the_sink_everything_in_order)
{
    print("%s:%d: %08x|%3c|%%", "file", 12, 0xbeefu, 'c');
    CHECK_TEXT(ours, "file:12: 0000beef|  c|%");
}

TEST(format_can_print_a_zero_byte)
{
    CHECK_EQUAL(print("a%cb", 0), 3);
    CHECK(memcmp(ours, "a\0b", 3) == 0);
}

TEST(format_counts_long_widths)
{
    CHECK_EQUAL(print("%200d", 1), 200);
    CHECK_EQUAL(print("%123s", "x"), 123);
}

TEST(format_of_nothing_is_nothing)
{
    strcpy(fmt, "");
    strcpy(ours, "before");
    CHECK_EQUAL(print(fmt, 0), 0);
    CHECK_TEXT(ours, "");
}
