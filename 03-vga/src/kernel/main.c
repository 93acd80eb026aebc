#include "arch/cpu.h"
#include "kernel/console.h"
#include "kernel/demo.h"
#include "kernel/kernel.h"

void kernel_main(uint32_t boot_info)
{
    (void)boot_info;
    console_init();
    demo();
    for (;;) {
        cpu_halt();
    }
}
