#include "lib/terminal.h"

#include "lib/panic.h"
#include "lib/string.h"

enum { TAB_WIDTH = 8 };

// A filled block in code page 437, the VGA's character set.
enum { BLOCK = 0xfe };

// The number of the cell where the next character goes.
static unsigned position(const struct terminal *terminal)
{
    return terminal->row * terminal->columns + terminal->column;
}

static void note_all_changed(struct terminal *terminal)
{
    terminal->changed_from = 0;
    terminal->changed_to = terminal->rows * terminal->columns;
}

static void set_cell(struct terminal *terminal, unsigned row,
                     unsigned column, uint8_t character)
{
    terminal->cells[row * terminal->columns + column] =
        (cell_t)(terminal->attribute << 8 | character);
}

static void clear_row(struct terminal *terminal, unsigned row)
{
    for (unsigned i = 0; i < terminal->columns; i++) {
        set_cell(terminal, row, i, ' ');
    }
}

static void scroll(struct terminal *terminal)
{
    unsigned last = terminal->rows - 1;
    memmove(terminal->cells, terminal->cells + terminal->columns,
            last * terminal->columns * sizeof(cell_t));
    clear_row(terminal, last);
    note_all_changed(terminal);
}

static void new_line(struct terminal *terminal)
{
    terminal->lines++;
    terminal->column = 0;
    if (terminal->row + 1 < terminal->rows) {
        terminal->row++;
    } else {
        scroll(terminal);
    }
}

static void put_cell(struct terminal *terminal, uint8_t character)
{
    // We leave a full row only when there is more to write, so that a
    // line of exactly its width is not followed by an empty one.
    if (terminal->column == terminal->columns) {
        new_line(terminal);
    }
    set_cell(terminal, terminal->row, terminal->column, character);
    terminal->column++;
}

static void tab(struct terminal *terminal)
{
    do {
        put_cell(terminal, ' ');
    } while (terminal->column % TAB_WIDTH != 0 &&
             terminal->column < terminal->columns);
}

static void backspace(struct terminal *terminal)
{
    if (position(terminal) == 0) {
        return;
    }
    if (terminal->changed_to < position(terminal)) {
        terminal->changed_to = position(terminal);
    }
    if (terminal->column == 0) {
        terminal->row--;
        terminal->column = terminal->columns;
    }
    terminal->column--;
    if (terminal->changed_from > position(terminal)) {
        terminal->changed_from = position(terminal);
    }
    put_cell(terminal, ' ');
    terminal->column--;
}

static void put(struct terminal *terminal, char c)
{
    switch (c) {
    case '\n':
        new_line(terminal);
        break;
    case '\t':
        tab(terminal);
        break;
    case '\b':
        backspace(terminal);
        break;
    default:
        put_cell(terminal, c >= ' ' && c <= '~' ? (uint8_t)c : BLOCK);
        break;
    }
}

void terminal_init(struct terminal *terminal, cell_t *cells,
                   unsigned rows, unsigned columns)
{
    kassert(rows > 0 && columns > 0);
    *terminal = (struct terminal){
        .cells = cells,
        .rows = rows,
        .columns = columns,
    };
    terminal_set_color(terminal, COLOR_YELLOW, COLOR_BLACK);
    terminal_clear(terminal);
}

void terminal_clear(struct terminal *terminal)
{
    for (unsigned row = 0; row < terminal->rows; row++) {
        clear_row(terminal, row);
    }
    note_all_changed(terminal);
    terminal->row = 0;
    terminal->column = 0;
}

void terminal_set_color(struct terminal *terminal,
                        enum color foreground, enum color background)
{
    kassert(background < COLOR_DARK_GRAY);
    terminal->attribute = (uint8_t)(background << 4 | foreground);
}

void terminal_write(struct terminal *terminal, const char *text,
                    size_t length)
{
    for (size_t i = 0; i < length; i++) {
        put(terminal, text[i]);
    }
}

unsigned terminal_take_changes(struct terminal *terminal,
                               unsigned *from)
{
    unsigned to = position(terminal);
    if (to < terminal->changed_to) {
        to = terminal->changed_to;
    }
    *from = terminal->changed_from;
    terminal->changed_from = position(terminal);
    terminal->changed_to = 0;
    return to - *from;
}
