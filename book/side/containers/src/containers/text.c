#include "containers/text.h"

#include <stdarg.h>

#include "lib/format.h"

size_t text_length(const struct text *text)
{
    size_t count = text->characters.count;
    return count == 0 ? 0 : count - 1;
}

const char *text_characters(const struct text *text)
{
    return text->characters.count == 0
               ? ""
               : vector_at(&text->characters, 0);
}

// What a call of format() adds to.
struct addition {
    struct text *text;
    bool failed;
};

// Each new character takes the place of the 0 byte, which moves on.
static void add(const char *more, size_t length, void *context)
{
    struct addition *addition = context;
    struct vector *characters = &addition->text->characters;
    char end = '\0';
    for (size_t i = 0; i < length && !addition->failed; i++) {
        if (!vector_push(characters, &end)) {
            addition->failed = true;
            return;
        }
        *(char *)vector_at(characters, characters->count - 2) = more[i];
    }
}

// Cuts the text back to a length that it had.
static void cut(struct text *text, size_t length)
{
    text->characters.count = length + 1;
    *(char *)vector_at(&text->characters, length) = '\0';
}

bool text_append_format(struct text *text, const char *fmt, ...)
{
    size_t length = text_length(text);
    struct addition addition = {.text = text};
    char end = '\0';
    if (text->characters.count == 0 &&
        !vector_push(&text->characters, &end)) {
        return false;
    }
    va_list args;
    va_start(args, fmt);
    format(add, &addition, fmt, args);
    va_end(args);
    if (addition.failed) {
        cut(text, length);
    }
    return !addition.failed;
}

bool text_append(struct text *text, const char *more)
{
    return text_append_format(text, "%s", more);
}

void text_release(struct text *text)
{
    vector_release(&text->characters);
}
