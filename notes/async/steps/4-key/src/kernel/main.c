#include "arch/cpu.h"
#include "kernel/demo.h"
#include "kernel/kernel.h"
#include "kernel/timer.h"

void kernel_main(uint32_t boot_info)
{
    kernel_init(boot_info);
    demo();
    timer_check();
    for (;;) {
        cpu_wait_for_interrupt();
    }
}
