#include "lib/words.h"

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

bool words_equal(const char *one, const char *other)
{
    while (*one != '\0' && *one == *other) {
        one++;
        other++;
    }
    return *one == *other;
}

// The value of a digit; 16 if it is none.
static unsigned digit(char c)
{
    if (c >= '0' && c <= '9') {
        return (unsigned)(c - '0');
    }
    if (c >= 'a' && c <= 'f') {
        return (unsigned)(c - 'a') + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return (unsigned)(c - 'A') + 10;
    }
    return 16;
}

bool words_number(const char *text, uint64_t *number)
{
    unsigned base = 10;
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        base = 16;
        text += 2;
    }
    uint64_t value = 0;
    do {
        unsigned next = digit(*text);
        if (next >= base || value > (UINT64_MAX - next) / base) {
            return false;
        }
        value = value * base + next;
        text++;
    } while (*text != '\0');
    *number = value;
    return true;
}
