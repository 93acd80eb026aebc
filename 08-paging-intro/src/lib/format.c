#include "lib/format.h"

#include <stdbool.h>
#include <stdint.h>

#include "lib/panic.h"
#include "lib/string.h"

// The longest number: 2^64 - 1 in decimal.
enum { MAX_DIGITS = 20 };

// What 0x and 16 digits need.
enum { POINTER_WIDTH = 18 };

struct output {
    format_sink *sink;
    void *context;
};

// What is between a percent sign and its letter.
struct spec {
    bool left;  // the text first, then the blanks
    bool zeros; // fill with zeros instead of blanks
    bool wide;  // the argument has 64 bits
    unsigned width;
};

static void put(const struct output *out, const char *text,
                size_t length)
{
    if (length > 0) {
        out->sink(text, length, out->context);
    }
}

static void fill(const struct output *out, char c, size_t count)
{
    for (; count > 0; count--) {
        put(out, &c, 1);
    }
}

// `prefix` is a sign or "0x": zeros go after it, blanks before it.
static void put_field(const struct output *out, const struct spec *spec,
                      const char *prefix, const char *text,
                      size_t length)
{
    size_t used = strlen(prefix) + length;
    size_t missing = spec->width > used ? spec->width - used : 0;

    fill(out, ' ', spec->left || spec->zeros ? 0 : missing);
    put(out, prefix, strlen(prefix));
    fill(out, '0', spec->zeros ? missing : 0);
    put(out, text, length);
    fill(out, ' ', spec->left ? missing : 0);
}

static void put_string(const struct output *out,
                       const struct spec *spec, const char *text)
{
    if (text == NULL) {
        text = "(null)";
    }
    put_field(out, spec, "", text, strlen(text));
}

static void put_number(const struct output *out,
                       const struct spec *spec, const char *prefix,
                       uint64_t value, unsigned base)
{
    char digits[MAX_DIGITS];
    size_t first = MAX_DIGITS; // the lowest digit comes out first
    do {
        first--;
        digits[first] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    put_field(out, spec, prefix, &digits[first], MAX_DIGITS - first);
}

static void put_signed(const struct output *out,
                       const struct spec *spec, int64_t value)
{
    if (value < 0) {
        // -INT64_MIN does not fit an int64_t; as unsigned it is right.
        put_number(out, spec, "-", -(uint64_t)value, 10);
    } else {
        put_number(out, spec, "", (uint64_t)value, 10);
    }
}

static void put_pointer(const struct output *out, const void *pointer)
{
    const struct spec spec = {.zeros = true, .width = POINTER_WIDTH};
    put_number(out, &spec, "0x", (uintptr_t)pointer, 16);
}

// Prints one argument; false if there is no such conversion.
static bool convert(const struct output *out, const struct spec *spec,
                    char letter, va_list *args)
{
    char c;
    switch (letter) {
    case 'c':
        c = (char)va_arg(*args, int);
        put_field(out, spec, "", &c, 1);
        return true;
    case 's':
        put_string(out, spec, va_arg(*args, const char *));
        return true;
    case 'd':
        put_signed(out, spec,
                   spec->wide ? va_arg(*args, int64_t)
                              : va_arg(*args, int));
        return true;
    case 'u':
    case 'x':
        put_number(out, spec, "",
                   spec->wide ? va_arg(*args, uint64_t)
                              : va_arg(*args, unsigned),
                   letter == 'u' ? 10 : 16);
        return true;
    case 'p':
        put_pointer(out, va_arg(*args, const void *));
        return true;
    case '%':
        put(out, "%", 1);
        return true;
    default:
        return false;
    }
}

// Reads what comes after a percent sign; returns where the letter is.
static const char *parse(const char *fmt, struct spec *spec)
{
    *spec = (struct spec){0};
    if (*fmt == '-') {
        spec->left = true;
        fmt++;
    } else if (*fmt == '0') {
        spec->zeros = true;
        fmt++;
    }
    for (; *fmt >= '0' && *fmt <= '9'; fmt++) {
        spec->width = spec->width * 10 + (unsigned)(*fmt - '0');
    }
    for (; *fmt == 'l' || *fmt == 'z'; fmt++) {
        spec->wide = true;
    }
    return fmt;
}

void format(format_sink *sink, void *context, const char *fmt,
            va_list args)
{
    const struct output out = {.sink = sink, .context = context};
    va_list list;
    va_copy(list, args);

    while (*fmt != '\0') {
        size_t length = 0;
        while (fmt[length] != '%' && fmt[length] != '\0') {
            length++;
        }
        put(&out, fmt, length);
        fmt += length;
        if (*fmt == '\0') {
            break;
        }

        struct spec spec;
        const char *letter = parse(fmt + 1, &spec);
        if (!convert(&out, &spec, *letter, &list)) {
            put(&out, fmt, strlen(fmt));
            break;
        }
        fmt = letter + 1;
    }
    va_end(list);
}

struct buffer {
    char *next;
    size_t room;
};

static void buffer_sink(const char *text, size_t length, void *context)
{
    struct buffer *buffer = context;
    size_t count = length < buffer->room ? length : buffer->room;
    memcpy(buffer->next, text, count);
    buffer->next += count;
    buffer->room -= count;
}

size_t format_to_buffer(char *buffer, size_t size, const char *fmt, ...)
{
    kassert(size > 0);
    struct buffer out = {.next = buffer, .room = size - 1};
    va_list args;
    va_start(args, fmt);
    format(buffer_sink, &out, fmt, args);
    va_end(args);
    *out.next = '\0';
    return (size_t)(out.next - buffer);
}
