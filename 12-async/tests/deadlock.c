// Taking a lock that is held panics, instead of waiting for ever.
#include "kernel/kernel.h"
#include "kernel/panic.h"
#include "sync/irq_lock.h"
#include "test/test.h"

void kernel_main(uint32_t boot_info)
{
    static struct irq_lock lock;
    kernel_init(boot_info);
    test_begin("deadlock");
    panic_set_handler(test_pass);
    irq_state_t outer = irq_lock_acquire(&lock);
    irq_state_t inner = irq_lock_acquire(&lock);
    irq_lock_release(&lock, inner);
    irq_lock_release(&lock, outer);
    test_fail("the lock was taken twice");
}
