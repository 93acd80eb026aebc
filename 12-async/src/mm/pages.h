// Pages with memory of their own, at addresses of the caller's choice.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/attributes.h"

// Maps `count` pages from `first` on, a multiple of PAGE_SIZE, each to
// a frame of its own, whose contents are undefined.  All of them or, if
// frames run out or a page is in use, none: then the result is false.
// Not for interrupt handlers.
NODISCARD bool pages_add(uintptr_t first, size_t count);

// Unmaps them, and gives their frames back.  All must be there.
void pages_remove(uintptr_t first, size_t count);
