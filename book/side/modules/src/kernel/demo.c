#include "kernel/demo.h"

#include <stddef.h>

#include "boot/multiboot2.h"
#include "boot/sections.h"
#include "kernel/console.h"

// A module, as text.
static void print_module(struct range module)
{
    kprintf("module 0x%lx to 0x%lx:\n", module.start, module.end);
    for (uint64_t at = module.start; at < module.end; at++) {
        kprintf("%c", *(const char *)phys_to_virt((phys_addr_t){at}));
    }
}

void demo(void)
{
    kprintf("Hello World!\n");
    struct range module;
    for (size_t i = 0; multiboot2_module(i, &module); i++) {
        print_module(module);
    }
    struct section section;
    for (size_t i = 0; sections_get(i, &section); i++) {
        kprintf("section 0x%lx to 0x%lx: %s\n", section.range.start,
                section.range.end, section.name);
    }
}
