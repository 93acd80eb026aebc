// Promises about functions that the compiler can hold us to.
#pragma once

// The function does not return; GCC warns when a path through it would.
#define NORETURN __attribute__((noreturn))

// The function formats as printf does, and GCC checks every call: `fmt`
// and `first` are the positions of the format string and of the first
// argument for it, counted from 1.  `first` is 0 for a va_list.
#define PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))

// The caller must use what the function returns.
#define NODISCARD __attribute__((warn_unused_result))

// No gaps between the fields, whatever their alignment.
#define PACKED __attribute__((packed))

// A case of a switch goes on in the next one, and is meant to.
#define FALLTHROUGH __attribute__((fallthrough))
