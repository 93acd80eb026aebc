#include "lib/words.h"

#include "test/test.h"

TEST(words_are_split_at_blanks)
{
    char text[] = "  one two   three ";
    char *words[3];
    CHECK_EQUAL(words_split(text, words, 3), 3);
    CHECK_TEXT(words[0], "one");
    CHECK_TEXT(words[1], "two");
    CHECK_TEXT(words[2], "three");
}

TEST(words_beyond_the_room_are_counted)
{
    char text[] = "a b c d";
    char *words[2] = {NULL, NULL};
    CHECK_EQUAL(words_split(text, words, 1), 4);
    CHECK_TEXT(words[0], "a");
    CHECK(words[1] == NULL);
    char nothing[] = "   ";
    CHECK_EQUAL(words_split(nothing, words, 2), 0);
}

static uint64_t number(const char *text)
{
    uint64_t value = 4711;
    return words_number(text, &value) == NUMBER_OK ? value : 4711;
}

TEST(words_can_be_numbers)
{
    CHECK_EQUAL(number("0"), 0);
    CHECK_EQUAL(number("1024"), 1024);
    CHECK_EQUAL(number("0xB8000"), 0xb8000);
    CHECK_EQUAL(number("0Xffffffffffffffff"), UINT64_MAX);
    CHECK_EQUAL(number("18446744073709551615"), UINT64_MAX);
}

TEST(words_can_be_no_numbers)
{
    static const char *const texts[] = {
        "",    "0x",   "12a",  "a",
        "-1",  "0x1g", "0xx1", "99999999999999999999z",
        "1 2", "+1",   "/",    ":",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        uint64_t value;
        CHECK_EQUAL(words_number(texts[i], &value), NUMBER_NONE);
    }
}

TEST(words_can_be_too_large)
{
    static const char *const texts[] = {
        "18446744073709551616",
        "0x10000000000000000",
        "99999999999999999999999999",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        uint64_t value = 1;
        CHECK_EQUAL(words_number(texts[i], &value), NUMBER_TOO_LARGE);
        CHECK_EQUAL(value, 1);
    }
}
