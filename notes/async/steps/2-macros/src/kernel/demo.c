#include "kernel/demo.h"

#include "kernel/console.h"
#include "task/future.h"

// A number that is there at the third look.
struct number {
    struct future future;
    unsigned looks;
    int value; // the result
};

static enum poll find_number(struct future *self, struct waker waker)
{
    struct number *number = (struct number *)self;
    (void)waker;
    number->looks++;
    if (number->looks < 3) {
        return POLL_PENDING;
    }
    number->value = 21;
    return POLL_READY;
}

static struct number number_to_find(void)
{
    return (struct number){.future = FUTURE(find_number)};
}

struct example {
    struct future future;
    struct number number;
    int first;
};

static enum poll run_example(struct future *self, struct waker waker)
{
    struct example *example = (struct example *)self;
    ASYNC_BEGIN(self);
    example->number = number_to_find();
    AWAIT(self, &example->number.future, waker);
    example->first = example->number.value;
    example->number = number_to_find();
    AWAIT(self, &example->number.future, waker);
    kprintf("async number: %d\n",
            example->first + example->number.value);
    ASYNC_END;
}

void demo(void)
{
    struct example example = {.future = FUTURE(run_example)};
    unsigned polls = 1;
    kprintf("Hello World!\n");
    while (future_poll(&example.future, WAKER_NONE) == POLL_PENDING) {
        polls++;
    }
    kprintf("%u polls\n", polls);
}
