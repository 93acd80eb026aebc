// Bytes written right before a block are noticed when it is freed.
#include "kernel/kernel.h"
#include "kernel/panic.h"
#include "mm/heap.h"
#include "test/test.h"

void kernel_main(uint32_t boot_info)
{
    kernel_init(boot_info);
    test_begin("page_heap_written_before");
    panic_set_handler(test_pass);
    struct heap *heap = &page_heap;
    // volatile: GCC warns of what it can follow.
    char *volatile block = heap->allocate(heap, 24, 16, kernel_main);
    if (block != NULL) {
        block[-1] = 0;
        heap->release(heap, block, kernel_main);
    }
    test_fail("the write went unnoticed");
}
