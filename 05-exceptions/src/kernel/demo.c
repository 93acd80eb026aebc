#include "kernel/demo.h"

#include "arch/cpu.h"
#include "kernel/console.h"

void demo(void)
{
    kprintf("Hello World!\n");
    cpu_breakpoint();
    kprintf("It did not crash!\n");
}
