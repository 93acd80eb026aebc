// The terminal against a model of it, over generated traffic on grids
// of several shapes.
// needs: src/lib/terminal.h src/lib/terminal.c
#include "lib/terminal.h"

#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "test/test.h"

enum { GUARD = 16, MOST_ROWS = 25, MOST_COLUMNS = 80 };
enum { MOST_CELLS = MOST_ROWS * MOST_COLUMNS };
static const cell_t UNTOUCHED = 0x5aa5;

// --- The model --------------------------------------------------------

// It keeps each row as text and colours of its own, and moves them as a
// whole.
struct model {
    unsigned rows;
    unsigned columns;
    unsigned row;
    unsigned column;
    uint8_t colors;
    uint8_t text[MOST_ROWS][MOST_COLUMNS];
    uint8_t painted[MOST_ROWS][MOST_COLUMNS];
};

static struct model model;

// From chapter 7 on tab and backspace mean something.
static bool knows_tab(void)
{
    static int knows = -1;
    if (knows < 0) {
        static cell_t cells[10];
        struct terminal other;
        terminal_init(&other, cells, 1, 10);
        terminal_write(&other, "\t", 1);
        knows = (cells[0] & 0xff) == ' ';
    }
    return knows == 1;
}

static void model_blank_row(unsigned row)
{
    memset(model.text[row], ' ', MOST_COLUMNS);
    memset(model.painted[row], model.colors, MOST_COLUMNS);
}

static void model_clear(void)
{
    for (unsigned row = 0; row < model.rows; row++) {
        model_blank_row(row);
    }
    model.row = 0;
    model.column = 0;
}

static void model_next_row(void)
{
    model.column = 0;
    model.row++;
    if (model.row == model.rows) {
        model.row--;
        memmove(model.text[0], model.text[1],
                MOST_COLUMNS * (size_t)(model.rows - 1));
        memmove(model.painted[0], model.painted[1],
                MOST_COLUMNS * (size_t)(model.rows - 1));
        model_blank_row(model.row);
    }
}

static void model_write(uint8_t glyph)
{
    if (model.column == model.columns) {
        model_next_row();
    }
    model.text[model.row][model.column] = glyph;
    model.painted[model.row][model.column] = model.colors;
    model.column++;
}

static void model_tab(void)
{
    // From a full row it goes on in the next one.
    unsigned from = model.column == model.columns ? 0 : model.column;
    unsigned to = (from / 8 + 1) * 8;
    if (to > model.columns) {
        to = model.columns;
    }
    for (; from < to; from++) {
        model_write(' ');
    }
}

static void model_take_back(void)
{
    if (model.column == 0 && model.row == 0) {
        return;
    }
    if (model.column == 0) {
        model.row--;
        model.column = model.columns;
    }
    model.column--;
    model.text[model.row][model.column] = ' ';
    model.painted[model.row][model.column] = model.colors;
}

static void model_put(uint8_t byte)
{
    if (byte == '\n') {
        model_next_row();
    } else if (byte == '\t' && knows_tab()) {
        model_tab();
    } else if (byte == '\b' && knows_tab()) {
        model_take_back();
    } else if (byte >= 0x20 && byte <= 0x7e) {
        model_write(byte);
    } else {
        model_write(0xfe);
    }
}

// --- Both of them -----------------------------------------------------

// A screen that gets the cells of which the terminal says that they have
// changed, and nothing else.
static cell_t screen[MOST_CELLS];

static cell_t memory[GUARD + MOST_CELLS + GUARD];
static cell_t *const grid = memory + GUARD;
static struct terminal terminal;

static void start(unsigned rows, unsigned columns)
{
    for (unsigned i = 0; i < sizeof(memory) / sizeof(memory[0]); i++) {
        memory[i] = UNTOUCHED;
    }
    terminal_init(&terminal, grid, rows, columns);
    model = (struct model){
        .rows = rows,
        .columns = columns,
        .colors = 0x0e,
    };
    model_clear();
}

static void put(uint8_t byte)
{
    char c = (char)byte;
    terminal_write(&terminal, &c, 1);
    model_put(byte);
}

static void put_text(const char *text)
{
    for (; *text != '\0'; text++) {
        put((uint8_t)*text);
    }
}

static void set_color(unsigned foreground, unsigned background)
{
    terminal_set_color(&terminal, (enum color)foreground,
                       (enum color)background);
    model.colors = (uint8_t)(background << 4 | foreground);
}

static bool guards_hold(void)
{
    for (unsigned i = 0; i < sizeof(memory) / sizeof(memory[0]); i++) {
        bool inside = &memory[i] >= grid &&
                      &memory[i] < grid + model.rows * model.columns;
        if (!inside && memory[i] != UNTOUCHED) {
            return false;
        }
    }
    return true;
}

static bool cells_agree(void)
{
    for (unsigned row = 0; row < model.rows; row++) {
        for (unsigned i = 0; i < model.columns; i++) {
            unsigned wanted = (unsigned)model.painted[row][i] << 8 |
                              model.text[row][i];
            if (grid[row * model.columns + i] != wanted) {
                return false;
            }
        }
    }
    return true;
}

static void show(void)
{
    unsigned from;
    unsigned count = terminal_take_changes(&terminal, &from);
    CHECK(from + count <= model.rows * model.columns);
    memcpy(screen + from, grid + from, count * sizeof(cell_t));
}

static bool screen_agrees(void)
{
    size_t size = model.rows * model.columns * sizeof(cell_t);
    return memcmp(screen, grid, size) == 0;
}

static void compare(void)
{
    CHECK(cells_agree());
    if (host_random_below(3) > 0) {
        show();
        CHECK(screen_agrees());
    }
    CHECK_EQUAL(terminal.row, model.row);
    CHECK_EQUAL(terminal.column, model.column);
}

// --- Traffic ----------------------------------------------------------

static void one_action(void)
{
    switch (host_random_below(16)) {
    case 0:
    case 1:
        put('\n');
        break;
    case 2:
        put('\t');
        break;
    case 3:
    case 4:
        put('\b');
        break;
    case 5:
        put((uint8_t)host_random());
        break;
    case 6:
        set_color(host_random_below(16), host_random_below(8));
        break;
    case 7:
        if (host_random_below(20) == 0) {
            terminal_clear(&terminal);
            model_clear();
        }
        break;
    default:
        put((uint8_t)(' ' + host_random_below(0x5f)));
        break;
    }
}

static void traffic(unsigned rows, unsigned columns, unsigned actions)
{
    start(rows, columns);
    compare();
    for (unsigned i = 0; i < actions; i++) {
        one_action();
        compare();
    }
    CHECK(guards_hold());
}

TEST(terminal_agrees_on_grids_of_all_shapes)
{
    for (unsigned rows = 1; rows <= 5; rows++) {
        for (unsigned columns = 1; columns <= 19; columns++) {
            traffic(rows, columns, 800);
        }
    }
}

TEST(terminal_agrees_on_the_screen)
{
    traffic(25, 80, 3000);
    traffic(1, 80, 1000);
    traffic(25, 1, 1000);
}

TEST(terminal_tells_no_more_than_has_changed)
{
    start(25, 80);
    show();
    unsigned from;
    CHECK_EQUAL(terminal_take_changes(&terminal, &from), 0);
    put_text("a\nbc");
    CHECK_EQUAL(terminal_take_changes(&terminal, &from), 82);
    CHECK_EQUAL(from, 0);
    put('d');
    CHECK_EQUAL(terminal_take_changes(&terminal, &from), 1);
    CHECK_EQUAL(from, 82);
}

// --- Each thing by itself ---------------------------------------------

TEST(terminal_shows_each_byte)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        start(2, 20);
        put_text("abc");
        put((uint8_t)byte);
        compare();
    }
}

TEST(terminal_backspaces_from_every_position)
{
    for (unsigned length = 0; length <= 3 * 7; length++) {
        start(3, 7);
        for (unsigned i = 0; i < length; i++) {
            put('x');
        }
        for (unsigned i = 0; i <= length + 1; i++) {
            put('\b');
            compare();
        }
    }
}

TEST(terminal_tabs_from_every_position)
{
    for (unsigned columns = 1; columns <= 26; columns++) {
        for (unsigned column = 0; column <= columns; column++) {
            start(3, columns);
            for (unsigned i = 0; i < column; i++) {
                put('x');
            }
            put('\t');
            compare();
            put('y');
            compare();
        }
    }
}

TEST(terminal_tab_clears_what_it_passes)
{
    start(2, 20);
    put_text("0123456789");
    for (unsigned i = 0; i < 10; i++) {
        put('\b');
    }
    put('\t');
    compare();
}

TEST(terminal_uses_the_color_for_all_it_writes)
{
    for (unsigned foreground = 0; foreground < 16; foreground++) {
        for (unsigned background = 0; background < 8; background++) {
            start(2, 20);
            set_color(foreground, background);
            put_text("a\tb\bc\nd\ne");
            compare();
            terminal_clear(&terminal);
            model_clear();
            compare();
        }
    }
}

TEST(terminal_colors_have_the_numbers_of_vga)
{
    CHECK_EQUAL(COLOR_BLACK, 0);
    CHECK_EQUAL(COLOR_BLUE, 1);
    CHECK_EQUAL(COLOR_GREEN, 2);
    CHECK_EQUAL(COLOR_CYAN, 3);
    CHECK_EQUAL(COLOR_RED, 4);
    CHECK_EQUAL(COLOR_MAGENTA, 5);
    CHECK_EQUAL(COLOR_BROWN, 6);
    CHECK_EQUAL(COLOR_LIGHT_GRAY, 7);
    CHECK_EQUAL(COLOR_DARK_GRAY, 8);
    CHECK_EQUAL(COLOR_LIGHT_BLUE, 9);
    CHECK_EQUAL(COLOR_LIGHT_GREEN, 10);
    CHECK_EQUAL(COLOR_LIGHT_CYAN, 11);
    CHECK_EQUAL(COLOR_LIGHT_RED, 12);
    CHECK_EQUAL(COLOR_PINK, 13);
    CHECK_EQUAL(COLOR_YELLOW, 14);
    CHECK_EQUAL(COLOR_WHITE, 15);
}

TEST(terminal_refuses_a_bright_background)
{
    start(2, 20);
    for (unsigned color = 8; color < 16; color++) {
        EXPECT_PANIC(terminal_set_color(&terminal, COLOR_WHITE,
                                        (enum color)color));
    }
    put('x');
    compare();
}

TEST(terminal_refuses_an_empty_grid)
{
    EXPECT_PANIC(terminal_init(&terminal, grid, 0, 1));
    EXPECT_PANIC(terminal_init(&terminal, grid, 1, 0));
    // The place is the file's and the words are the condition's.
    const char *text = host_panic_text();
    CHECK(strncmp(text, "lib/terminal.c:", 15) == 0);
    CHECK(strstr(text, "assertion failed: ") != NULL);
    CHECK(strstr(text, "columns") != NULL);
}

TEST(terminal_stays_in_a_grid_of_its_exact_size)
{
    for (unsigned rows = 1; rows <= 3; rows++) {
        for (unsigned columns = 1; columns <= 9; columns++) {
            cell_t *exact = malloc(rows * columns * sizeof(cell_t));
            terminal_init(&terminal, exact, rows, columns);
            for (unsigned i = 0; i < 500; i++) {
                static const char bytes[] = "ab\n\t\b\b";
                terminal_write(&terminal, &bytes[host_random_below(6)], 1);
            }
            terminal_clear(&terminal);
            free(exact);
        }
    }
}
