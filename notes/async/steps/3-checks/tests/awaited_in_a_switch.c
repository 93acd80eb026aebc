// A wait in a switch within a poll function cannot be found again.
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

static enum poll await_in_a_switch(struct future *self,
                                   struct waker waker)
{
    static struct future other = FUTURE(pending);
    static unsigned kind;
    ASYNC_BEGIN(self);
    switch (kind) {
    case 0:
        AWAIT(self, &other, waker);
    }
    ASYNC_END;
}

void kernel_main(uint32_t boot_info)
{
    struct future future = FUTURE(await_in_a_switch);
    kernel_init(boot_info);
    test_begin("awaited_in_a_switch");
    if (future_poll(&future, WAKER_NONE) != POLL_PENDING) {
        test_fail("it is ready");
    }
    panic_set_handler(test_pass);
    (void)!future_poll(&future, WAKER_NONE);
    test_fail("nobody noticed");
}
