#include "lib/line.h"

#include "lib/string.h"

enum { CONTROL_A = 1, CONTROL_E = 5, CONTROL_U = 21 };

void line_begin(struct line *line)
{
    line->text[0] = '\0';
    line->length = 0;
    line->cursor = 0;
    line->back = 0;
}

static void insert(struct line *line, char c)
{
    if (line->length == LINE_MAX) {
        return;
    }
    char *here = &line->text[line->cursor];
    memmove(here + 1, here, line->length - line->cursor + 1);
    *here = c;
    line->length++;
    line->cursor++;
}

// Deletes the `count` characters before the cursor, which must exist.
static void erase(struct line *line, size_t count)
{
    char *here = &line->text[line->cursor];
    memmove(here - count, here, line->length - line->cursor + 1);
    line->length -= count;
    line->cursor -= count;
}

static char *entry(struct line *line, size_t back)
{
    return line->history[(line->entered - back) % LINE_HISTORY];
}

static void go_back_to(struct line *line, size_t back)
{
    size_t kept = line->entered < LINE_HISTORY - 1 ? line->entered
                                                   : LINE_HISTORY - 1;
    if (back > kept) {
        return;
    }
    if (line->back == 0) {
        memcpy(entry(line, 0), line->text, sizeof(line->text));
    }
    memcpy(line->text, entry(line, back), sizeof(line->text));
    line->back = back;
    line->length = strlen(line->text);
    line->cursor = line->length;
}

// Remembers the line, unless it is empty or the same as the last one.
static void enter(struct line *line)
{
    if (line->length == 0 ||
        (line->entered > 0 && strcmp(entry(line, 1), line->text) == 0)) {
        return;
    }
    memcpy(entry(line, 0), line->text, sizeof(line->text));
    line->entered++;
}

static void feed_character(struct line *line, char c)
{
    switch (c) {
    case '\b':
        erase(line, line->cursor > 0 ? 1 : 0);
        break;
    case CONTROL_A:
        line->cursor = 0;
        break;
    case CONTROL_E:
        line->cursor = line->length;
        break;
    case CONTROL_U:
        erase(line, line->cursor);
        break;
    default:
        if (c >= ' ' && c <= '~') {
            insert(line, c);
        }
        break;
    }
}

bool line_feed(struct line *line, struct key key)
{
    if (key.character == '\n') {
        enter(line);
        return true;
    }
    switch (key.code) {
    case KEY_LEFT:
        line->cursor -= line->cursor > 0 ? 1 : 0;
        break;
    case KEY_RIGHT:
        line->cursor += line->cursor < line->length ? 1 : 0;
        break;
    case KEY_HOME:
        line->cursor = 0;
        break;
    case KEY_END:
        line->cursor = line->length;
        break;
    case KEY_DELETE:
        if (line->cursor < line->length) {
            line->cursor++;
            erase(line, 1);
        }
        break;
    case KEY_UP:
        go_back_to(line, line->back + 1);
        break;
    case KEY_DOWN:
        if (line->back > 0) {
            go_back_to(line, line->back - 1);
        }
        break;
    default:
        feed_character(line, key.character);
        break;
    }
    return false;
}
