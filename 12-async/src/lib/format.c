#include "lib/format.h"

#include <stdbool.h>
#include <stdint.h>

#include "kernel/panic.h"

// The most digits that our bases need: 2^64 - 1 in decimal.
enum { MAX_DIGITS = 20 };

// A null pointer given for a string.
static const char *const NO_STRING = "(null)";

struct output {
    format_sink *sink;
    void *context;
    size_t count;
};

enum length { LENGTH_INT, LENGTH_LONG, LENGTH_LONG_LONG, LENGTH_SIZE };

// What stands between a percent sign and its letter.
struct spec {
    bool left;  // fill on the right, with blanks
    bool zeros; // fill with zeros
    unsigned width;
    enum length length;
};

static void put(struct output *out, char c)
{
    out->sink(c, out->context);
    out->count++;
}

static void put_times(struct output *out, char c, size_t times)
{
    for (; times > 0; times--) {
        put(out, c);
    }
}

static size_t length_of(const char *text)
{
    size_t length = 0;
    while (text[length] != '\0') {
        length++;
    }
    return length;
}

// `prefix` is a sign or "0x"; zeros go behind it, blanks before.
static void put_field(struct output *out, const struct spec *spec,
                      const char *prefix, const char *text,
                      size_t length)
{
    size_t used = length_of(prefix) + length;
    size_t fill = spec->width > used ? spec->width - used : 0;
    bool zeros = spec->zeros && !spec->left;

    put_times(out, ' ', spec->left || zeros ? 0 : fill);
    for (; *prefix != '\0'; prefix++) {
        put(out, *prefix);
    }
    put_times(out, '0', zeros ? fill : 0);
    for (size_t i = 0; i < length; i++) {
        put(out, text[i]);
    }
    put_times(out, ' ', spec->left ? fill : 0);
}

static void put_string(struct output *out, struct spec spec,
                       const char *text)
{
    if (text == NULL) {
        text = NO_STRING;
    }
    spec.zeros = false;
    put_field(out, &spec, "", text, length_of(text));
}

static void put_number(struct output *out, const struct spec *spec,
                       const char *prefix, uint64_t value,
                       unsigned base)
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

static void put_signed(struct output *out, const struct spec *spec,
                       int64_t value)
{
    if (value < 0) {
        // -INT64_MIN does not fit an int64_t; as unsigned it is right.
        put_number(out, spec, "-", -(uint64_t)value, 10);
    } else {
        put_number(out, spec, "", (uint64_t)value, 10);
    }
}

static void put_pointer(struct output *out, const void *pointer)
{
    const struct spec spec = {.zeros = true, .width = 18};
    put_number(out, &spec, "0x", (uintptr_t)pointer, 16);
}

// Reads flags, width and length; returns where the letter is.
static const char *parse(const char *fmt, struct spec *spec)
{
    *spec = (struct spec){.length = LENGTH_INT};
    for (; *fmt == '-' || *fmt == '0'; fmt++) {
        spec->left = spec->left || *fmt == '-';
        spec->zeros = spec->zeros || *fmt == '0';
    }
    for (; *fmt >= '0' && *fmt <= '9'; fmt++) {
        spec->width = spec->width * 10 + (unsigned)(*fmt - '0');
    }
    if (*fmt == 'z') {
        spec->length = LENGTH_SIZE;
        fmt++;
    } else if (*fmt == 'l') {
        spec->length = LENGTH_LONG;
        fmt++;
        if (*fmt == 'l') {
            spec->length = LENGTH_LONG_LONG;
            fmt++;
        }
    }
    return fmt;
}

// A va_list may be an array, which becomes a pointer when it is passed
// to a function; inside a structure it can be handed on by address.
struct arguments {
    va_list list;
};

static int64_t next_signed(struct arguments *args, enum length length)
{
    switch (length) {
    case LENGTH_LONG:
    case LENGTH_SIZE:
        return va_arg(args->list, long);
    case LENGTH_LONG_LONG:
        return va_arg(args->list, long long);
    case LENGTH_INT:
        break;
    }
    return va_arg(args->list, int);
}

static uint64_t next_unsigned(struct arguments *args,
                              enum length length)
{
    switch (length) {
    case LENGTH_LONG:
        return va_arg(args->list, unsigned long);
    case LENGTH_LONG_LONG:
        return va_arg(args->list, unsigned long long);
    case LENGTH_SIZE:
        return va_arg(args->list, size_t);
    case LENGTH_INT:
        break;
    }
    return va_arg(args->list, unsigned);
}

// Writes one argument; false if there is no such conversion.
static bool convert(struct output *out, char letter,
                    const struct spec *spec, struct arguments *args)
{
    const enum length length = spec->length;
    char c;
    switch (letter) {
    case 'c':
        c = (char)va_arg(args->list, int);
        put_field(out, spec, "", &c, 1);
        return true;
    case 's':
        put_string(out, *spec, va_arg(args->list, const char *));
        return true;
    case 'd':
        put_signed(out, spec, next_signed(args, length));
        return true;
    case 'u':
        put_number(out, spec, "", next_unsigned(args, length), 10);
        return true;
    case 'x':
        put_number(out, spec, "", next_unsigned(args, length), 16);
        return true;
    case 'p':
        put_pointer(out, va_arg(args->list, const void *));
        return true;
    case '%':
        put(out, '%');
        return true;
    default:
        return false;
    }
}

size_t format(format_sink *sink, void *context, const char *fmt,
              va_list args)
{
    struct output out = {.sink = sink, .context = context};
    struct arguments arguments;
    va_copy(arguments.list, args);

    for (; *fmt != '\0'; fmt++) {
        if (*fmt != '%') {
            put(&out, *fmt);
            continue;
        }
        struct spec spec;
        const char *letter = parse(fmt + 1, &spec);
        if (!convert(&out, *letter, &spec, &arguments)) {
            break;
        }
        fmt = letter;
    }
    // Text that is left begins with an unknown conversion.
    for (; *fmt != '\0'; fmt++) {
        put(&out, *fmt);
    }

    va_end(arguments.list);
    return out.count;
}

struct buffer {
    char *next;
    const char *last; // kept for the 0 byte
};

static void buffer_put(char c, void *context)
{
    struct buffer *buffer = context;
    if (buffer->next < buffer->last) {
        *buffer->next = c;
        buffer->next++;
    }
}

size_t format_to_buffer(char *buffer, size_t size, const char *fmt, ...)
{
    kassert(size > 0);
    struct buffer out = {.next = buffer, .last = buffer + size - 1};
    va_list args;
    va_start(args, fmt);
    size_t length = format(buffer_put, &out, fmt, args);
    va_end(args);
    *out.next = '\0';
    return length;
}
