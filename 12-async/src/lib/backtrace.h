// Who called whom, read from a stack.
#pragma once

#include <stdbool.h>
#include <stdint.h>

// The memory of a stack, from `bottom` up to, but not including, `top`.
struct stack {
    uintptr_t bottom;
    uintptr_t top;
};

// Goes one call outwards.  `*frame` is the value of rbp in a function
// that runs on `stack`; it becomes the caller's, and `*return_address`
// the place that the caller goes on at.  False, and nothing is changed,
// at the end of the chain and where it cannot be trusted: a frame that
// is not on the stack, or is not aligned.
//
// The caller's frame lies higher on the same stack, or elsewhere; what
// would lead down again becomes 0, which is no frame.
bool backtrace_step(struct stack stack, uintptr_t *frame,
                    uintptr_t *return_address);
