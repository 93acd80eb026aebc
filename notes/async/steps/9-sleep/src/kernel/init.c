#include "arch/cpu.h"
#include "arch/gdt.h"
#include "drivers/keyboard.h"
#include "drivers/pic.h"
#include "kernel/console.h"
#include "kernel/exceptions.h"
#include "kernel/kernel.h"
#include "kernel/keys.h"
#include "kernel/sleep.h"
#include "kernel/timer.h"
#include "mm/memory.h"

void kernel_init(uint32_t boot_info)
{
    console_init();
    gdt_init();
    exceptions_init();
    memory_init((phys_addr_t){boot_info});
    pic_init();
    timer_init();
    keyboard_init();
    keys_init();
    sleep_init();
    cpu_enable_interrupts();
}
