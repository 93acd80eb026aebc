#include "kernel/demo.h"
#include "kernel/kernel.h"
#include "kernel/timer.h"
#include "task/executor.h"

void kernel_main(uint32_t boot_info)
{
    kernel_init(boot_info);
    demo();
    timer_check();
    executor_run();
}
