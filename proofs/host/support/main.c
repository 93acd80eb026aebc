// Runs the tests of a program on the host and reports them as a kernel
// does on its serial port.
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "test/test.h"

// A generated test that is wrong is wrong thousands of times.
enum { ENOUGH = 8 };

static struct test *first;
static struct test **end = &first;

static unsigned complaints; // of the running test
static jmp_buf finish;

void test_add(struct test *test)
{
    *end = test;
    end = &test->next;
}

static void complain(void)
{
    if (complaints == 0) {
        printf("[failed]\n");
    }
    complaints++;
}

static void end_if_enough(void)
{
    fflush(stdout);
    if (complaints >= ENOUGH) {
        printf("    that is enough; the test ends here\n");
        longjmp(finish, 1);
    }
}

void test_check(bool passed, const char *file, int line,
                const char *what)
{
    if (!passed) {
        complain();
        printf("    %s:%d: %s is false\n", file, line, what);
        end_if_enough();
    }
}

void test_check_equal(uint64_t actual, uint64_t expected,
                      const char *file, int line, const char *what)
{
    if (actual != expected) {
        complain();
        printf("    %s:%d: %s is 0x%llx, expected 0x%llx\n", file, line,
               what, (unsigned long long)actual,
               (unsigned long long)expected);
        end_if_enough();
    }
}

void test_check_text(const char *actual, const char *expected,
                     const char *file, int line, const char *what)
{
    if (strcmp(actual, expected) != 0) {
        complain();
        printf("    %s:%d: %s is \"%s\", expected \"%s\"\n", file, line,
               what, actual, expected);
        end_if_enough();
    }
}

void test_pass(void)
{
    longjmp(finish, 1);
}

void test_fail(const char *reason)
{
    complain();
    printf("    %s\n", reason);
    longjmp(finish, 1);
}

unsigned test_run_all(void)
{
    unsigned count = 0;
    for (struct test *test = first; test != NULL; test = test->next) {
        count++;
    }
    printf("Running %u tests\n", count);

    unsigned failures = 0;
    for (struct test *test = first; test != NULL; test = test->next) {
        printf("%s... ", test->name);
        // Before the test runs, because it may not come back.
        fflush(stdout);
        complaints = 0;
        host_reset();
        if (setjmp(finish) == 0) {
            test->run();
        }
        if (complaints == 0) {
            printf("[ok]\n");
        } else {
            failures++;
        }
        fflush(stdout);
    }
    return failures;
}

int main(int count, char **arguments)
{
    if (count == 2) {
        host_make_mistake(arguments[1]);
        return EXIT_SUCCESS;
    }
    if (!host_sanitizer_alive(arguments[0])) {
        return EXIT_FAILURE;
    }
    return test_run_all() == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
