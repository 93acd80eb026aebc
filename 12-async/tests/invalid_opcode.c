// An exception that nobody handles ends in a report.
#include "arch/cpu.h"
#include "kernel/kernel.h"
#include "kernel/panic.h"
#include "test/test.h"

void kernel_main(uint32_t boot_info)
{
    kernel_init(boot_info);
    test_begin("invalid_opcode");
    panic_set_handler(test_pass);
    cpu_undefined();
    test_fail("the exception was not noticed");
}
