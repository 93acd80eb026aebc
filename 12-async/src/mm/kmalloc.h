// Memory of any size, for as long as it is needed.
//
// Not for interrupt handlers.  NULL means that there is no memory, and
// then nothing has changed.
#pragma once

#include <stddef.h>

#include "lib/attributes.h"
#include "lib/owned.h"

// Gives a block back.  NULL is no block, and is ignored.
void kfree(void *block);

// A block of `size` bytes, their values undefined.  0 is a size, too:
// such a block can be freed, and not touched.
OWNED_BY(kfree) __attribute__((alloc_size(1))) NODISCARD
void *kmalloc(size_t size);

// A block of zeros for `count` things of `size` bytes.
OWNED_BY(kfree) __attribute__((alloc_size(1, 2))) NODISCARD
void *kcalloc(size_t count, size_t size);

// A block on a multiple of `alignment`, a power of two up to 4096.
OWNED_BY(kfree) __attribute__((alloc_size(1))) NODISCARD
void *kmalloc_aligned(size_t size, size_t alignment);

// A block of another size with the same bytes, as far as both go; the
// old one, which may be NULL, is gone.  If the result is NULL the old
// one is still there.  The alignment is the usual one.
__attribute__((alloc_size(2))) NODISCARD
void *krealloc(void *block, size_t size);
