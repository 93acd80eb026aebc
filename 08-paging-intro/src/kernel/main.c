#include "arch/cpu.h"
#include "drivers/keyboard.h"
#include "kernel/demo.h"
#include "kernel/echo.h"
#include "kernel/kernel.h"
#include "kernel/timer.h"

void kernel_main(uint32_t boot_info)
{
    kernel_init(boot_info);
    demo();
    keyboard_set_handler(echo_byte);
    timer_check();
    for (;;) {
        cpu_wait_for_interrupt();
    }
}
