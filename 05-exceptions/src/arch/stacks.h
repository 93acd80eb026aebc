// The stack, for which boot.asm sets memory aside.
#pragma once

#include <stdint.h>

#include "lib/backtrace.h"

// The stack that contains `address`; one without bytes if there is
// none.
struct stack stacks_find(uintptr_t address);
