#include "lib/terminal.h"

#include "kernel/panic.h"

enum { TAB_WIDTH = 8 };

// A filled block in code page 437, the VGA's character set.
enum { BLOCK = 0xfe };

static cell_t cell(const struct terminal *terminal, uint8_t character)
{
    return (cell_t)(terminal->attribute << 8 | character);
}

static volatile cell_t *cell_at(const struct terminal *terminal,
                                unsigned row, unsigned column)
{
    return &terminal->cells[row * terminal->columns + column];
}

static void clear_row(struct terminal *terminal, unsigned row)
{
    for (unsigned i = 0; i < terminal->columns; i++) {
        *cell_at(terminal, row, i) = cell(terminal, ' ');
    }
}

static void scroll(struct terminal *terminal)
{
    for (unsigned row = 1; row < terminal->rows; row++) {
        for (unsigned i = 0; i < terminal->columns; i++) {
            *cell_at(terminal, row - 1, i) = *cell_at(terminal, row, i);
        }
    }
    clear_row(terminal, terminal->rows - 1);
}

static void new_line(struct terminal *terminal)
{
    terminal->column = 0;
    if (terminal->row + 1 < terminal->rows) {
        terminal->row++;
    } else {
        scroll(terminal);
    }
}

static void put_cell(struct terminal *terminal, uint8_t character)
{
    // A full row is left only when there is more to write, so that a
    // line of exactly its width is not followed by an empty one.
    if (terminal->column == terminal->columns) {
        new_line(terminal);
    }
    *cell_at(terminal, terminal->row, terminal->column) =
        cell(terminal, character);
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
    if (terminal->column == 0) {
        if (terminal->row == 0) {
            return;
        }
        terminal->row--;
        terminal->column = terminal->columns;
    }
    terminal->column--;
    *cell_at(terminal, terminal->row, terminal->column) =
        cell(terminal, ' ');
}

void terminal_init(struct terminal *terminal, volatile cell_t *cells,
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
    terminal->row = 0;
    terminal->column = 0;
}

void terminal_set_color(struct terminal *terminal,
                        enum color foreground, enum color background)
{
    kassert(background < COLOR_DARK_GRAY);
    terminal->attribute = (uint8_t)(background << 4 | foreground);
}

void terminal_put(struct terminal *terminal, char c)
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
