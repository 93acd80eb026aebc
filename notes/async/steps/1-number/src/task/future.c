#include "task/future.h"

enum poll future_poll(struct future *future, struct waker waker)
{
    return future->poll(future, waker);
}
