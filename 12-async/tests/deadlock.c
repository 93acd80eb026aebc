// Taking a lock that is held panics, instead of waiting for ever.
#include "kernel/kernel.h"
#include "kernel/panic.h"
#include "sync/spinlock.h"
#include "test/test.h"

void kernel_main(uint32_t boot_info)
{
    static spinlock_t lock = SPINLOCK_INIT;
    kernel_init(boot_info);
    test_begin("deadlock");
    panic_set_handler(test_pass);
    irq_state_t outer = spinlock_acquire(&lock);
    irq_state_t inner = spinlock_acquire(&lock);
    spinlock_release(&lock, inner);
    spinlock_release(&lock, outer);
    test_fail("the lock was taken twice");
}
