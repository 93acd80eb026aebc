#include "lib/backtrace.h"

// What `push rbp; mov rbp, rsp` at the beginning of a function leaves
// where rbp points.
struct frame {
    uintptr_t caller; // the caller's rbp
    uintptr_t return_address;
};

static bool lies_on(struct stack stack, uintptr_t frame)
{
    // Sizes are compared, not sums, which could wrap around.
    return frame % sizeof(uintptr_t) == 0 && frame >= stack.bottom &&
           frame < stack.top &&
           stack.top - frame >= sizeof(struct frame);
}

bool backtrace_step(struct stack stack, uintptr_t *frame,
                    uintptr_t *return_address)
{
    if (!lies_on(stack, *frame)) {
        return false;
    }
    const struct frame *here = (const struct frame *)*frame;
    if (here->return_address == 0) {
        return false;
    }
    *return_address = here->return_address;

    bool downwards =
        here->caller >= stack.bottom && here->caller <= *frame;
    *frame = downwards ? 0 : here->caller;
    return true;
}
