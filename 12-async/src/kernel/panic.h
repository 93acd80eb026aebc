// How the kernel gives up.
#pragma once

#include <stdint.h>

#include "lib/attributes.h"

// Prints a message, formatted as by kprintf(), with the place it comes
// from, and stops the machine.
#define panic(...) panic_at(__FILE__, __LINE__, __VA_ARGS__)

// For what only a bug in the kernel can make false.  It stays in every
// build.
#define kassert(condition)                             \
    do {                                               \
        if (!(condition)) {                            \
            panic("assertion failed: %s", #condition); \
        }                                              \
    } while (0)

NORETURN void panic_at(const char *file, int line, const char *fmt, ...)
    PRINTF(3, 4);

// For a report that needs more than a message: what is printed between
// the two belongs to it.  panic_begin() leaves the words "kernel panic"
// to go on from; panic_end() adds who called whom, from the stack frame
// that `frame` (a value of rbp) points to, and stops the machine.
void panic_begin(void);
NORETURN void panic_end(uintptr_t frame);

// Called after the message, before the machine stops.  A test's handler
// reports the result instead of returning.
typedef void panic_handler(void);
void panic_set_handler(panic_handler *handler);
