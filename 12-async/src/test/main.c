// The kernel that runs the unit tests.
#include "drivers/qemu.h"
#include "drivers/serial.h"
#include "kernel/kernel.h"
#include "kernel/panic.h"
#include "test/test.h"

static void on_panic(void)
{
    test_fail("panic");
}

void kernel_main(uint32_t boot_info)
{
    panic_set_handler(on_panic);
    kernel_init(boot_info);
    unsigned failures = test_run_all();
    serial_drain();
    qemu_exit(failures == 0 ? QEMU_SUCCESS : QEMU_FAILURE);
}
