// The kernel notices when a frame is given back a second time.
#include "kernel/kernel.h"
#include "kernel/panic.h"
#include "mm/frame.h"
#include "test/test.h"

void kernel_main(uint32_t boot_info)
{
    phys_addr_t frame;

    kernel_init(boot_info);
    test_begin("freed_twice");
    panic_set_handler(test_pass);
    if (frame_allocate(&frame)) {
        frame_free(frame);
        frame_free(frame);
    }
    test_fail("the second free was not noticed");
}
