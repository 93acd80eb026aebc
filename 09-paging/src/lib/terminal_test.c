#include "lib/terminal.h"

#include "lib/string.h"
#include "test/test.h"

// Small enough to see all of it.
enum { ROWS = 3, COLUMNS = 10 };

static cell_t cells[ROWS * COLUMNS];
static struct terminal terminal;

static void start(const char *text)
{
    terminal_init(&terminal, cells, ROWS, COLUMNS);
    terminal_write(&terminal, text, strlen(text));
}

// The characters of a row.
static const char *row(unsigned number)
{
    static char text[COLUMNS + 1];
    for (unsigned i = 0; i < COLUMNS; i++) {
        text[i] = (char)cells[number * COLUMNS + i];
    }
    return text;
}

TEST(terminal_begins_blank_in_yellow)
{
    start("");
    for (unsigned i = 0; i < ROWS * COLUMNS; i++) {
        CHECK_EQUAL(cells[i], 0x0e00 | ' ');
    }
}

TEST(terminal_wraps_a_full_row)
{
    start("0123456789ab");
    CHECK_TEXT(row(0), "0123456789");
    CHECK_TEXT(row(1), "ab        ");
}

TEST(terminal_leaves_no_empty_row_after_a_full_one)
{
    start("0123456789\nab");
    CHECK_TEXT(row(1), "ab        ");
}

TEST(terminal_scrolls_at_the_end)
{
    start("one\ntwo\nthree\nfour");
    CHECK_TEXT(row(0), "two       ");
    CHECK_TEXT(row(1), "three     ");
    CHECK_TEXT(row(2), "four      ");
}

TEST(terminal_tabs_to_multiples_of_eight)
{
    start("ab\tc");
    CHECK_TEXT(row(0), "ab      c ");
}

TEST(terminal_takes_characters_back)
{
    start("0123456789ab\b\b\b!");
    CHECK_TEXT(row(0), "012345678!");
    CHECK_TEXT(row(1), "          ");
    start("\b\ba");
    CHECK_TEXT(row(0), "a         ");
}

TEST(terminal_shows_a_block_for_what_it_cannot)
{
    start("\xc3\xa4\x1b");
    CHECK_TEXT(row(0), "\xfe\xfe\xfe       ");
}

TEST(terminal_writes_in_the_colors_asked_for)
{
    start("");
    terminal_set_color(&terminal, COLOR_WHITE, COLOR_RED);
    terminal_write(&terminal, "X", 1);
    CHECK_EQUAL(cells[0], 0x4f00 | 'X');
    CHECK_EQUAL(cells[1], 0x0e00 | ' ');
}

TEST(terminal_tells_which_cells_have_changed)
{
    unsigned from;
    start("one\n");
    CHECK_EQUAL(terminal_take_changes(&terminal, &from), ROWS * COLUMNS);
    CHECK_EQUAL(from, 0);

    terminal_write(&terminal, "ab", 2);
    CHECK_EQUAL(terminal_take_changes(&terminal, &from), 2);
    CHECK_EQUAL(from, COLUMNS);

    terminal_write(&terminal, "\n\nc", 3); // it scrolls
    CHECK_EQUAL(terminal_take_changes(&terminal, &from), ROWS * COLUMNS);
    CHECK_EQUAL(from, 0);
}
