#include "arch/cpu.h"
#include "arch/gdt.h"
#include "drivers/keyboard.h"
#include "drivers/pic.h"
#include "kernel/console.h"
#include "kernel/exceptions.h"
#include "kernel/kernel.h"
#include "kernel/timer.h"

void kernel_init(uint32_t boot_info)
{
    (void)boot_info;
    console_init();
    gdt_init();
    exceptions_init();
    pic_init();
    timer_init();
    keyboard_init();
    cpu_enable_interrupts();
}
