#include "test/test.h"

#include <stdarg.h>
#include <stddef.h>

#include "drivers/qemu.h"
#include "drivers/serial.h"
#include "lib/format.h"
#include "lib/string.h"
#include "sync/irq.h"

// Filled by TEST() and ended by linker.ld.
extern const struct test tests[];

// Whether a check of the running test has failed.
static bool failed;

static void test_sink(const char *text, size_t length, void *context)
{
    (void)context;
    for (size_t i = 0; i < length; i++) {
        serial_put(text[i]);
    }
}

void test_printf(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    irq_state_t irq = irq_save();
    format(test_sink, NULL, fmt, args);
    irq_restore(irq);
    va_end(args);
}

static void begin_failure(const char *file, int line)
{
    if (!failed) {
        test_printf("[failed]\n");
        failed = true;
    }
    test_printf("    %s:%d: ", file, line);
}

void test_check(bool passed, const char *file, int line,
                const char *what)
{
    if (!passed) {
        begin_failure(file, line);
        test_printf("%s is false\n", what);
    }
}

void test_check_equal(uint64_t actual, uint64_t expected,
                      const char *file, int line, const char *what)
{
    if (actual != expected) {
        begin_failure(file, line);
        test_printf("%s is 0x%lx, expected 0x%lx\n", what, actual,
                      expected);
    }
}

void test_check_text(const char *actual, const char *expected,
                     const char *file, int line, const char *what)
{
    if (strcmp(actual, expected) != 0) {
        begin_failure(file, line);
        test_printf("%s is \"%s\", expected \"%s\"\n", what, actual,
                      expected);
    }
}

void test_begin(const char *name)
{
    failed = false;
    test_printf("%s... ", name);
}

unsigned test_run_all(void)
{
    unsigned count = 0;
    for (const struct test *test = tests; test->run != NULL; test++) {
        count++;
    }
    test_printf("Running %u tests\n", count);

    unsigned failures = 0;
    for (const struct test *test = tests; test->run != NULL; test++) {
        test_begin(test->name);
        test->run();
        if (failed) {
            failures++;
        } else {
            test_printf("[ok]\n");
        }
    }
    return failures;
}

void test_pass(void)
{
    test_printf("[ok]\n");
    serial_drain();
    qemu_exit(QEMU_SUCCESS);
}

void test_fail(const char *reason)
{
    if (!failed) {
        test_printf("[failed]\n");
    }
    test_printf("    %s\n", reason);
    serial_drain();
    qemu_exit(QEMU_FAILURE);
}
