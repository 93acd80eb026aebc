// A future that has begun must stay where it is.
#include "kernel/kernel.h"
#include "kernel/panic.h"
#include "task/future.h"
#include "test/test.h"

static enum poll pending(struct future *self, struct waker waker)
{
    (void)self;
    (void)waker;
    return POLL_PENDING;
}

void kernel_main(uint32_t boot_info)
{
    struct future future = FUTURE(pending);
    kernel_init(boot_info);
    test_begin("moved");
    if (future_poll(&future, WAKER_NONE) != POLL_PENDING) {
        test_fail("it is ready");
    }
    struct future moved = future;
    panic_set_handler(test_pass);
    (void)!future_poll(&moved, WAKER_NONE);
    test_fail("nobody noticed");
}
