#include "kernel/panic.h"

#include <stdarg.h>
#include <stddef.h>

#include "arch/cpu.h"
#include "arch/stacks.h"
#include "kernel/console.h"
#include "lib/backtrace.h"

// So many calls fit on the screen, below a report.
enum { BACKTRACE_DEPTH = 10 };

static panic_handler *on_panic;

void panic_set_handler(panic_handler *handler)
{
    on_panic = handler;
}

// How many panics have begun.
static unsigned panics;

static NORETURN void stop(void)
{
    for (;;) {
        cpu_halt();
    }
}

void panic_begin(void)
{
    cpu_disable_interrupts();
    console_seize();

    // A panic within a panic: printing the first is what fails.  One
    // line more, and if that fails, too, silence.
    panics++;
    if (panics > 1) {
        if (panics == 2) {
            console_write("\npanic within a panic\n");
        }
        stop();
    }

    console_set_color(COLOR_WHITE, COLOR_RED);
    kprintf("\nkernel panic");
}

static void print_backtrace(uintptr_t frame)
{
    uintptr_t address;
    for (unsigned i = 0; i < BACKTRACE_DEPTH; i++) {
        if (!backtrace_step(stacks_find(frame), &frame, &address)) {
            return;
        }
        kprintf("called from %p\n", (void *)address);
    }
}

void panic_end(uintptr_t frame)
{
    print_backtrace(frame);
    if (on_panic != NULL) {
        on_panic();
    }
    stop();
}

void panic_at(const char *file, int line, const char *fmt, ...)
{
    panic_begin();
    kprintf(" at %s:%d: ", file, line);

    va_list args;
    va_start(args, fmt);
    kvprintf(fmt, args);
    va_end(args);
    kprintf("\n");
    panic_end((uintptr_t)__builtin_frame_address(0));
}
