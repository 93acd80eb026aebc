// A byte written right before a block is noticed when it is freed.
#include "kernel/kernel.h"
#include "kernel/panic.h"
#include "mm/kmalloc.h"
#include "test/test.h"

void kernel_main(uint32_t boot_info)
{
    kernel_init(boot_info);
    test_begin("header_heap_written_before");
    panic_set_handler(test_pass);
    // volatile: GCC warns of what it can follow.
    char *volatile block = kmalloc(24);
    if (block != NULL) {
        block[-1] = 0;
        kfree(block);
    }
    test_fail("nobody noticed");
}
