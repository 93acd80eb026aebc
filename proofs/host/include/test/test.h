// Tests, as the host runs them: the same words as in a chapter's
// src/test/test.h, so that one foo_test.c serves both.  Here nothing
// collects the tests at link time; each announces itself before main()
// begins, which works for every format of object files.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/attributes.h"

struct test {
    const char *name;
    void (*run)(void);
    struct test *next;
};

#define TEST(function)                                          \
    static void function(void);                                 \
    __attribute__((constructor)) static void add_##function(void) \
    {                                                           \
        static struct test test = {#function, function, 0};     \
        test_add(&test);                                        \
    }                                                           \
    static void function(void)

#define CHECK(condition) \
    test_check((condition), __FILE__, __LINE__, #condition)
#define CHECK_EQUAL(actual, expected)                          \
    test_check_equal((uint64_t)(actual), (uint64_t)(expected), \
                     __FILE__, __LINE__, #actual)
#define CHECK_TEXT(actual, expected) \
    test_check_text((actual), (expected), __FILE__, __LINE__, #actual)

void test_check(bool passed, const char *file, int line,
                const char *what);
void test_check_equal(uint64_t actual, uint64_t expected,
                      const char *file, int line, const char *what);
void test_check_text(const char *actual, const char *expected,
                     const char *file, int line, const char *what);

// A test that fails many checks is ended after a few of them; the
// functions below end it at once.
NORETURN void test_pass(void);
NORETURN void test_fail(const char *reason);

void test_add(struct test *test);
unsigned test_run_all(void);
