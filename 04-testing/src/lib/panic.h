// How code in any layer gives up.  The kernel's answer is in
// kernel/panic.c; a test on the host has one of its own.
#pragma once

#include "lib/attributes.h"

// Prints a message, formatted as by kprintf(), with the place it comes
// from, and stops the machine.
#define panic(...) panic_at(__FILE__, __LINE__, __VA_ARGS__)

// For conditions that only a bug in the kernel can make false.  The
// check stays in every build.
#define kassert(condition)                             \
    do {                                               \
        if (!(condition)) {                            \
            panic("assertion failed: %s", #condition); \
        }                                              \
    } while (0)

NORETURN void panic_at(const char *file, int line, const char *fmt, ...)
    PRINTF(3, 4);
