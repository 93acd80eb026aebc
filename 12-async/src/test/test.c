#include "test/test.h"

#include <stddef.h>

#include "drivers/qemu.h"
#include "drivers/serial.h"
#include "mm/heap.h"

// Filled by TEST() and ended by linker.ld.
extern const struct test tests[];

// Whether a check of the running test has failed.
static bool failed;

static void begin_failure(const char *file, int line)
{
    if (!failed) {
        serial_printf("[failed]\n");
        failed = true;
    }
    serial_printf("    %s:%d: ", file, line);
}

static bool same_text(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

void test_check(bool passed, const char *file, int line,
                const char *what)
{
    if (!passed) {
        begin_failure(file, line);
        serial_printf("%s is false\n", what);
    }
}

void test_check_equal(uint64_t actual, uint64_t expected,
                      const char *file, int line, const char *what)
{
    if (actual != expected) {
        begin_failure(file, line);
        serial_printf("%s is 0x%lx, expected 0x%lx\n", what, actual,
                      expected);
    }
}

void test_check_text(const char *actual, const char *expected,
                     const char *file, int line, const char *what)
{
    if (!same_text(actual, expected)) {
        begin_failure(file, line);
        serial_printf("%s is \"%s\", expected \"%s\"\n", what, actual,
                      expected);
    }
}

void test_begin(const char *name)
{
    failed = false;
    serial_printf("%s... ", name);
}

// A test gives back what it took.
static void check_for_leaks(size_t blocks_before)
{
    if (heap_count() != blocks_before) {
        if (!failed) {
            serial_printf("[failed]\n");
            failed = true;
        }
        serial_printf("    it has not given back all blocks:\n");
        heap_print();
    }
}

unsigned test_run_all(void)
{
    unsigned count = 0;
    for (const struct test *test = tests; test->run != NULL; test++) {
        count++;
    }
    serial_printf("Running %u tests\n", count);

    unsigned failures = 0;
    for (const struct test *test = tests; test->run != NULL; test++) {
        test_begin(test->name);
        size_t blocks = heap_count();
        test->run();
        check_for_leaks(blocks);
        if (failed) {
            failures++;
        } else {
            serial_printf("[ok]\n");
        }
    }
    return failures;
}

void test_pass(void)
{
    serial_printf("[ok]\n");
    serial_drain();
    qemu_exit(QEMU_SUCCESS);
}

void test_fail(const char *reason)
{
    if (!failed) {
        serial_printf("[failed]\n");
    }
    serial_printf("    %s\n", reason);
    serial_drain();
    qemu_exit(QEMU_FAILURE);
}
