#include "kernel/demo.h"
#include "kernel/kernel.h"
#include "task/executor.h"

void kernel_main(uint32_t boot_info)
{
    kernel_init(boot_info);
    demo();
    executor_run();
}
