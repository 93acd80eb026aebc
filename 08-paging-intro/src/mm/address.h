// Physical addresses, and how to reach what is there.
#pragma once

#include <stdint.h>

enum { PAGE_BITS = 12, PAGE_SIZE = 1 << PAGE_BITS };

// What the memory gets to see.  A structure, so that following one like
// a pointer, or passing a pointer for one, does not compile.
typedef struct {
    uint64_t value;
} phys_addr_t;

// Where physical address 0 appears among the virtual ones: at 0, as
// boot.asm maps the first GiB onto itself.
extern uintptr_t phys_window;

static inline void *phys_to_virt(phys_addr_t address)
{
    return (void *)(phys_window + address.value);
}
