// A text that grows.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "containers/vector.h"
#include "lib/attributes.h"

struct text {
    struct vector characters; // a 0 byte ends it, once there are any
};

#define TEXT_EMPTY {.characters = VECTOR_OF(char)}

// Adds characters, not the text's own, at the end; the second takes
// what kprintf() does.  False if there is no memory; the text is as it
// was then.
NODISCARD bool text_append(struct text *text, const char *more);
NODISCARD bool text_append_format(struct text *text, const char *fmt,
                                  ...) PRINTF(2, 3);

// The characters, ended by a 0 byte; valid until the next change.
const char *text_characters(const struct text *text);

// How many there are.
size_t text_length(const struct text *text);

// Gives the memory back; the text is empty again.
void text_release(struct text *text);
