// How the kernel gives up.
#pragma once

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

// Called after the message, before the machine stops.  A test's handler
// reports the result instead of returning.
typedef void panic_handler(void);
void panic_set_handler(panic_handler *handler);
