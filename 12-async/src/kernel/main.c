#include "arch/cpu.h"
#include "kernel/demo.h"
#include "kernel/kernel.h"

void kernel_main(uint32_t boot_info)
{
    kernel_init(boot_info);
    demo();
    for (;;) {
        cpu_wait_for_interrupt();
    }
}
