#include "kernel/demo.h"

#include "kernel/console.h"
#include "kernel/keys.h"

struct echo {
    struct future future;
    struct next_key key;
};

static unsigned polls; // since the last key

static enum poll run_echo(struct future *self, struct waker waker)
{
    struct echo *echo = (struct echo *)self;
    ASYNC_BEGIN(self);
    for (;;) {
        echo->key = keys_next();
        AWAIT(self, &echo->key.future, waker);
        kprintf("%c: %u polls\n", echo->key.key.character, polls);
        polls = 0;
    }
    ASYNC_END;
}

void demo(void)
{
    struct echo echo = {.future = FUTURE(run_echo)};
    kprintf("Hello World!\n");
    while (future_poll(&echo.future, WAKER_NONE) == POLL_PENDING) {
        polls++;
    }
}
