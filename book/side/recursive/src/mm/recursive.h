// The other way to reach page tables: through themselves.
//
// An entry of the PML4 that leads to the PML4 itself makes the CPU read
// it twice, and so end one level too early: at a table, which it takes
// for a page.  All tables in use appear in the addresses of that entry.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/attributes.h"
#include "mm/address.h"
#include "mm/paging.h"

// The entry that leads back: the last one, so that the tables appear at
// the end of the address space.
enum { RECURSIVE_INDEX = PAGE_ENTRIES - 1 };

// Gives the PML4 at `root` that entry.  It must be free.
void recursive_install(phys_addr_t root);

// Where the entry for an address at a level appears.  It may be touched
// if all entries above it lead to tables.  What is in the tables of the
// last 512 GiB is of no use: they are these very addresses.
volatile pte_t *recursive_entry(uintptr_t address, unsigned level);

// The same as paging_walk(), paging_map() and paging_unmap() do, of the
// tables in use and with pages of 4 KiB.  A new table is in use before
// it is cleared.
struct page_walk recursive_walk(uintptr_t address);
NODISCARD enum map_result recursive_map(uintptr_t address,
                                        phys_addr_t target,
                                        pte_t flags);
NODISCARD bool recursive_unmap(uintptr_t address, phys_addr_t *target);
