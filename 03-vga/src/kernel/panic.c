#include "lib/panic.h"

#include <stdarg.h>
#include <stdbool.h>

#include "arch/cpu.h"
#include "kernel/console.h"

// Whether a panic is being printed.
static bool panicking;

void panic_at(const char *file, int line, const char *fmt, ...)
{
    // A panic within a panic: printing is what fails, so be silent.
    while (panicking) {
        cpu_halt();
    }
    panicking = true;

    console_set_color(COLOR_WHITE, COLOR_RED);
    kprintf("\nkernel panic at %s:%d: ", file, line);

    va_list args;
    va_start(args, fmt);
    kvprintf(fmt, args);
    va_end(args);
    kprintf("\n");

    for (;;) {
        cpu_halt();
    }
}
