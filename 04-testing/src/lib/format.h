// Formatting as printf does it, into anything that takes characters.
#pragma once

#include <stdarg.h>
#include <stddef.h>

#include "lib/attributes.h"

// Takes the next `length` characters of the output, at least one.
// `context` is what the caller gave to format(), for a sink that has to
// know where to put them.
typedef void format_sink(const char *text, size_t length,
                         void *context);

// Understands what kernels use, with C's meaning:
//   %c %s %d %u %x   a character, a string, a number
//   %p               a pointer, always as 0x and 16 digits
//   %%               a percent sign
//   %8d %8s %08x     a width: filled with blanks, or with zeros
//   %ld %llu %zx     l, ll or z before any of d u x: 64 bits
// Anything else is printed as it is, and so is the rest of the format:
// nothing says any more which argument belongs to which conversion.
void format(format_sink *sink, void *context, const char *fmt,
            va_list args) PRINTF(3, 0);
