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

// Gives the PML4 at `root` that entry, which must be free.
void recursive_install(phys_addr_t root);

// Where the entry for an address at a level appears.  Touch it only if
// all entries above it lead to tables.  The entries for the last 512
// GiB are of no use: those are the addresses where the tables appear.
volatile pte_t *recursive_entry(uintptr_t address, unsigned level);

// These do what paging_walk(), paging_map() and paging_unmap() do, but
// only to the tables in use, and they map pages of 4 KiB only.  A new
// table is in use before it is cleared.
struct page_walk recursive_walk(uintptr_t address);
NODISCARD enum map_result recursive_map(uintptr_t address,
                                        phys_addr_t target,
                                        pte_t flags);
NODISCARD bool recursive_unmap(uintptr_t address, phys_addr_t *target);
