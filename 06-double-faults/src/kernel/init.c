#include "arch/gdt.h"
#include "kernel/console.h"
#include "kernel/exceptions.h"
#include "kernel/kernel.h"

void kernel_init(uint32_t boot_info)
{
    (void)boot_info;
    console_init();
    gdt_init();
    exceptions_init();
}
