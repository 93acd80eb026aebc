#include "lib/line.h"

#include "lib/string.h"
#include "test/test.h"

static struct line line;

static bool press(uint8_t code, char character)
{
    struct key key = {.code = code, .character = character};
    return line_feed(&line, key);
}

static void type(const char *text)
{
    for (size_t i = 0; text[i] != '\0'; i++) {
        CHECK(!press(0, text[i]));
    }
}

static void move(uint8_t code)
{
    CHECK(!press(code, '\0'));
}

static void begin(const char *text)
{
    memset(&line, 0, sizeof(line));
    type(text);
}

static void enter(const char *text)
{
    line_begin(&line);
    type(text);
    CHECK(press(0, '\n'));
}

TEST(line_holds_what_is_typed)
{
    begin("walk\t 1\x1b\xe4");
    CHECK_TEXT(line.text, "walk 1");
    CHECK_EQUAL(line.cursor, 6);
    CHECK(press(0, '\n'));
    CHECK_TEXT(line.text, "walk 1");
}

TEST(line_is_corrected_anywhere)
{
    begin("wxk");
    move(KEY_LEFT);
    type("\b\ba");
    CHECK_TEXT(line.text, "ak");
    move(KEY_HOME);
    type("w");
    move(KEY_RIGHT);
    type("l");
    CHECK_TEXT(line.text, "walk");
    move(KEY_DELETE);
    CHECK_TEXT(line.text, "wal");
    move(KEY_END);
    CHECK_EQUAL(line.cursor, 3);
}

TEST(line_has_two_ends)
{
    begin("");
    type("\b");
    move(KEY_LEFT);
    move(KEY_RIGHT);
    move(KEY_DELETE);
    CHECK_EQUAL(line.length, 0);
    CHECK_EQUAL(line.cursor, 0);
    type("a");
    move(KEY_RIGHT);
    move(KEY_DELETE);
    CHECK_EQUAL(line.cursor, 1);
    move(KEY_LEFT);
    type("\b");
    CHECK_TEXT(line.text, "a");
}

TEST(line_obeys_control_keys)
{
    begin("walk 1");
    type("\x01x\x05y");
    CHECK_TEXT(line.text, "xwalk 1y");
    move(KEY_LEFT);
    type("\x15");
    CHECK_TEXT(line.text, "y");
    CHECK_EQUAL(line.cursor, 0);
}

TEST(line_that_is_full_takes_no_more)
{
    begin("");
    for (unsigned i = 0; i < LINE_MAX + 10; i++) {
        type("x");
    }
    CHECK_EQUAL(line.length, LINE_MAX);
    CHECK_EQUAL(line.text[LINE_MAX], '\0');
    type("\by");
    CHECK_EQUAL(line.text[LINE_MAX - 1], 'y');
}

TEST(line_remembers_others)
{
    begin("");
    enter("one");
    enter("");
    enter("two");
    enter("two");
    line_begin(&line);
    type("new");
    move(KEY_UP);
    CHECK_TEXT(line.text, "two");
    move(KEY_UP);
    CHECK_TEXT(line.text, "one");
    move(KEY_UP);
    CHECK_TEXT(line.text, "one");
    CHECK_EQUAL(line.cursor, 3);
    move(KEY_DOWN);
    move(KEY_DOWN);
    CHECK_TEXT(line.text, "new");
    move(KEY_DOWN);
    CHECK_TEXT(line.text, "new");
    // The next line begins in front again.
    move(KEY_UP);
    line_begin(&line);
    move(KEY_UP);
    CHECK_TEXT(line.text, "two");
}

TEST(line_forgets_the_oldest)
{
    begin("");
    char name[] = "a";
    for (unsigned i = 0; i < 2 * LINE_HISTORY; i++) {
        name[0] = (char)('a' + i);
        enter(name);
    }
    line_begin(&line);
    type("new");
    for (unsigned i = 0; i < 2 * LINE_HISTORY; i++) {
        move(KEY_UP);
    }
    name[0] = 'a' + LINE_HISTORY + 1;
    CHECK_TEXT(line.text, name);
    for (unsigned i = 0; i < LINE_HISTORY; i++) {
        move(KEY_DOWN);
    }
    CHECK_TEXT(line.text, "new");
}
