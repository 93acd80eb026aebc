#include "containers/text.h"

#include "test/test.h"

TEST(text_grows)
{
    struct text text = TEXT_EMPTY;
    CHECK_TEXT(text_characters(&text), "");
    CHECK_EQUAL(text_length(&text), 0);
    CHECK(text_append(&text, "one"));
    CHECK(text_append_format(&text, " and %d", 2));
    CHECK_TEXT(text_characters(&text), "one and 2");
    CHECK_EQUAL(text_length(&text), 9);
    text_release(&text);
    CHECK_TEXT(text_characters(&text), "");
}
