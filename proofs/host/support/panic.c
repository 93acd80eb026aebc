// Panics and halts: in a kernel they stop the machine, here they return
// to the test that expects them and fail every other.
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "host.h"
#include "test/test.h"

// Declared here and not by kernel/panic.h, which the first chapters do
// not have.
NORETURN void panic_at(const char *file, int line, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static enum host_end expected;
static jmp_buf back;
static char text[512];

jmp_buf *host_expect(enum host_end end)
{
    expected = end;
    return &back;
}

void host_ended(enum host_end end)
{
    if (expected == end) {
        expected = HOST_NOTHING;
        longjmp(back, 1);
    }
}

void host_not_ended(const char *file, int line, const char *how,
                    const char *statement)
{
    char what[256];
    snprintf(what, sizeof(what), "that `%s` must %s", statement, how);
    test_check(false, file, line, what);
}

void panic_at(const char *file, int line, const char *fmt, ...)
{
    int length = snprintf(text, sizeof(text), "%s:%d: ", file, line);
    va_list args;
    va_start(args, fmt);
    vsnprintf(text + length, sizeof(text) - (size_t)length, fmt, args);
    va_end(args);

    host_ended(HOST_PANIC);
    char message[600];
    snprintf(message, sizeof(message), "panic at %s", text);
    test_fail(message);
}

const char *host_panic_text(void)
{
    return text;
}

void host_halt(void)
{
    host_ended(HOST_HALT);
    test_fail("the CPU was halted");
}
