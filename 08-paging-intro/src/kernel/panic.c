#include "kernel/panic.h"

#include <stdarg.h>
#include <stddef.h>

#include "arch/cpu.h"
#include "arch/stacks.h"
#include "drivers/vga.h"
#include "kernel/console.h"
#include "lib/backtrace.h"

// How many rows stay free below a report, for a line that must follow.
enum { ROWS_LEFT = 3 };

static panic_handler *on_panic;

void panic_set_handler(panic_handler *handler)
{
    on_panic = handler;
}

// How many panics have begun.
static unsigned panics;

// The line of the screen where the report begins.
static unsigned headline;

// An NMI can still wake the machine.  The report is complete, so a
// panic that begins then has nothing to add.
static NORETURN void stop(void)
{
    panics = 2;
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
    headline = console_lines();
}

// Stops before the headline would scroll away.
static void print_backtrace(uintptr_t frame)
{
    uintptr_t address;
    while (console_lines() - headline < VGA_ROWS - ROWS_LEFT &&
           backtrace_step(stacks_find(frame), &frame, &address)) {
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
