#include "lib/words.h"

#include <stdbool.h>

size_t words_split(char *text, char *words[], size_t max)
{
    size_t count = 0;
    bool inside = false;
    for (; *text != '\0'; text++) {
        if (*text == ' ') {
            *text = '\0';
            inside = false;
        } else if (!inside) {
            if (count < max) {
                words[count] = text;
            }
            count++;
            inside = true;
        }
    }
    return count;
}

// The value of a digit; 16 for any other character.
static unsigned digit(char c)
{
    if (c >= '0' && c <= '9') {
        return (unsigned)(c - '0');
    }
    c |= 'a' - 'A'; // a small letter
    return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : 16;
}

enum number words_number(const char *text, uint64_t *number)
{
    unsigned base = 10;
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        base = 16;
        text += 2;
    }
    uint64_t value = 0;
    enum number result = NUMBER_OK;
    do {
        unsigned next = digit(*text);
        if (next >= base) {
            return NUMBER_NONE;
        }
        if (value > (UINT64_MAX - next) / base) {
            result = NUMBER_TOO_LARGE;
        }
        value = value * base + next;
        text++;
    } while (*text != '\0');
    if (result == NUMBER_OK) {
        *number = value;
    }
    return result;
}
