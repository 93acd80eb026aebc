// Tests.  TEST(name) defines one; the linker collects those of all
// files; test_run_all() runs them.  A whole kernel can be a test, too.
//
// Everything is reported on the serial port: the name of a test before
// it runs, so that one which hangs is known, and then [ok] or [failed].
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/attributes.h"

struct test {
    const char *name;
    void (*run)(void);
};
_Static_assert(sizeof(struct test) == 16, "linker.ld ends the list");

// aligned: GCC may align such an object to more than its type needs,
// and the list would have gaps, one of them before its first entry.
#define TEST(function)                                            \
    static void function(void);                                   \
    static const struct test test_##function                      \
        __attribute__((used, aligned(8), section(".tests"))) = {  \
            #function,                                            \
            function,                                             \
    };                                                            \
    static void function(void)

// A check that fails is reported with its place; the test goes on.
#define CHECK(condition) \
    test_check((condition), __FILE__, __LINE__, #condition)
#define CHECK_EQUAL(actual, expected)                              \
    test_check_equal((uint64_t)(actual), (uint64_t)(expected),     \
                     __FILE__, __LINE__, #actual)
#define CHECK_TEXT(actual, expected) \
    test_check_text((actual), (expected), __FILE__, __LINE__, #actual)

void test_check(bool passed, const char *file, int line,
                const char *what);
void test_check_equal(uint64_t actual, uint64_t expected,
                      const char *file, int line, const char *what);
void test_check_text(const char *actual, const char *expected,
                     const char *file, int line, const char *what);

// Runs all tests and reports.  Returns how many failed.
unsigned test_run_all(void);

// Prints as format() does, on the serial port.
void test_printf(const char *fmt, ...) PRINTF(1, 2);

// For a kernel that is a test: its name, and the two ways it ends.
void test_begin(const char *name);
NORETURN void test_pass(void);
NORETURN void test_fail(const char *reason);
