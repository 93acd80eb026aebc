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
// boot.asm maps the first GiB onto itself; at MEMORY_WINDOW as soon as
// memory_init() is done.
extern uintptr_t phys_window;

// How far the window goes: past it phys_to_virt() leads nowhere.
extern uint64_t phys_reach;

static inline void *phys_to_virt(phys_addr_t address)
{
    return (void *)(phys_window + address.value);
}
