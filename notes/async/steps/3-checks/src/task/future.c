#include "task/future.h"

enum poll future_poll(struct future *future, struct waker waker)
{
    if (future->finished) {
        panic("future %p is polled after its end", (void *)future);
    }
    if (future->started_at == NULL) {
        future->started_at = future;
    }
    if (future->started_at != future) {
        panic("future %p has moved, it began at %p", (void *)future,
              future->started_at);
    }
    enum poll result = future->poll(future, waker);
    if (result == POLL_READY) {
        // It would forget what it waits for instead of cancelling it.
        kassert(future->awaiting == NULL);
        future->finished = true;
    }
    return result;
}
