// The kernel boots, and what it prints appears on the screen.
#include "drivers/vga.h"
#include "kernel/console.h"
#include "kernel/kernel.h"
#include "test/test.h"

void kernel_main(uint32_t boot_info)
{
    kernel_init(boot_info);
    test_begin("basic_boot");
    if (boot_info == 0) {
        test_fail("no boot information");
    }
    kprintf("X");
    if ((char)vga_cells()[0] != 'X') {
        test_fail("what was printed is not on the screen");
    }
    test_pass();
}
