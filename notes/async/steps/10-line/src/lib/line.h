// A line that is typed and corrected, and the lines before it.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/attributes.h"
#include "lib/scancode.h"

enum { LINE_MAX = 76 };    // characters: a row, beside a prompt
enum { LINE_HISTORY = 8 }; // lines, with the one being typed

struct line {
    char text[LINE_MAX + 1]; // ended by a 0 byte
    size_t length;
    size_t cursor; // the next character goes before this one
    // The lines before this are the line's own, in a ring; where the
    // next one will be is what was typed before KEY_UP.
    char history[LINE_HISTORY][LINE_MAX + 1];
    size_t entered; // how many lines there ever were
    size_t back;    // how many we have gone back
};

// Begins an empty line; all zeros is one, too, with nothing before it.
void line_begin(struct line *line);

// Takes a key: printable ASCII, the keys that move and delete, KEY_UP
// and KEY_DOWN for earlier lines, and Control with A (to the start), E
// (to the end) and U (deletes all before the cursor), as in a shell.
// Other keys, and what does not fit, do nothing.  Changes in an earlier
// line are lost with the next KEY_UP or KEY_DOWN.  True for Enter:
// `text` is the line, until the next one begins.
NODISCARD bool line_feed(struct line *line, struct key key);
