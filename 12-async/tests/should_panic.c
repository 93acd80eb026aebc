// An assertion that fails panics, and a panic does not return.
#include "kernel/kernel.h"
#include "kernel/panic.h"
#include "test/test.h"

void kernel_main(uint32_t boot_info)
{
    kernel_init(boot_info);
    test_begin("should_panic");
    panic_set_handler(test_pass);
    kassert(1 + 1 == 3);
    test_fail("the assertion did not panic");
}
