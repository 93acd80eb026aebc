// A future that is done must not be polled.
#include "kernel/kernel.h"
#include "kernel/panic.h"
#include "task/future.h"
#include "test/test.h"

static enum poll ready(struct future *self, struct waker waker)
{
    (void)self;
    (void)waker;
    return POLL_READY;
}

void kernel_main(uint32_t boot_info)
{
    struct future future = FUTURE(ready);
    kernel_init(boot_info);
    test_begin("polled_after_its_end");
    if (future_poll(&future, WAKER_NONE) != POLL_READY) {
        test_fail("it is not ready");
    }
    panic_set_handler(test_pass);
    (void)!future_poll(&future, WAKER_NONE);
    test_fail("nobody noticed");
}
