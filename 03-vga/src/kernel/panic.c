#include "kernel/panic.h"

#include <stdarg.h>

#include "arch/cpu.h"
#include "kernel/console.h"

void panic_at(const char *file, int line, const char *fmt, ...)
{
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
