// Formatting as printf does it, into anything that takes characters.
#pragma once

#include <stdarg.h>
#include <stddef.h>

#include "lib/attributes.h"

// Takes the characters one by one.  `context` is what the caller of
// format() gave, for a sink that has to know where to put them.
typedef void format_sink(char c, void *context);

// Understands what kernels use, with C's meaning:
//   %c %s %d %u %x   a character, a string, a number
//   %p               a pointer, always as 0x and 16 digits
//   %%               a percent sign
//   %8d %-8s %08x    a width: to the right, to the left, with zeros
//   %ld %llu %zx     l, ll or z before any of d u x: long, long long,
//                    size_t
// Anything else appears as it stands, and so does the rest of the text:
// the arguments behind it could not be told apart.  Returns how many
// characters the sink got.
size_t format(format_sink *sink, void *context, const char *fmt,
              va_list args) PRINTF(3, 0);

// Formats into `buffer`, which has room for `size` bytes, at least 1.
// Text that does not fit is cut off; a 0 byte always ends it.  Returns
// the length that the whole text would have had.
size_t format_to_buffer(char *buffer, size_t size, const char *fmt, ...)
    PRINTF(3, 4);
