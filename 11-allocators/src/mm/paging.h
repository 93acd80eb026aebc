// Page tables: what the CPU makes of a virtual address.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/attributes.h"
#include "mm/address.h"

// An entry of a table, at any level (Intel SDM Vol. 3A, "4-Level Paging
// and 5-Level Paging").
typedef uint64_t pte_t;

#define PTE_PRESENT       (UINT64_C(1) << 0)
#define PTE_WRITABLE      (UINT64_C(1) << 1)
#define PTE_USER          (UINT64_C(1) << 2)
#define PTE_WRITE_THROUGH (UINT64_C(1) << 3)
#define PTE_CACHE_DISABLE (UINT64_C(1) << 4)
#define PTE_ACCESSED      (UINT64_C(1) << 5) // set by the CPU
#define PTE_DIRTY         (UINT64_C(1) << 6) // set by the CPU
#define PTE_HUGE          (UINT64_C(1) << 7) // at levels 3 and 2
#define PTE_NO_EXECUTE    (UINT64_C(1) << 63)
#define PTE_ADDRESS       UINT64_C(0x000ffffffffff000)

// Level 4 is the PML4, 3 a PDPT, 2 a PD, 1 a PT.
enum { PAGE_LEVELS = 4, PAGE_ENTRIES = 512 };

// How the CPU gets from a virtual address to a physical one.
struct page_walk {
    pte_t entries[PAGE_LEVELS + 1]; // by level: [4] down to [level]
    unsigned level;                 // of the last one that was read
    bool mapped;                    // whether that one leads to a page
    phys_addr_t address;            // if so
};

// Whether bits 48 to 63 are copies of bit 47: the CPU takes no others.
bool paging_is_canonical(uintptr_t address);

// Which entry of its table at `level` stands for an address.
unsigned paging_index(uintptr_t address, unsigned level);

// "PML4", "PDPT", "PD" or "PT".
const char *paging_level_name(unsigned level);

// Says in words what an entry allows: "writable accessed", say.
// `buffer` has room for `size` bytes; 72 are enough for any entry.
void paging_explain(char *buffer, size_t size, pte_t entry);

// Does what the CPU does, from the PML4 at `root`.  `address` is
// canonical.
struct page_walk paging_walk(phys_addr_t root, uintptr_t address);

// The PML4 that is in use: what CR3 holds.
phys_addr_t paging_root(void);

// Lets the CPU use the tables at `root` from now on.  They must map the
// code and the stack in use where they are.
void paging_use(phys_addr_t root);

// A table without entries; false if there is no frame for it.
NODISCARD bool paging_new_table(phys_addr_t *table);

// The sizes of pages that can be mapped: the levels of their entries.
enum page_size { PAGE_4_KIB = 1, PAGE_2_MIB = 2 };

enum map_result {
    MAP_OK,
    MAP_NO_FRAME, // for a table on the way
    MAP_IN_USE,   // a page or a table is there, an empty one, too
};

// Maps the page at `address` to the memory at `target`, both multiples
// of its size.  `flags` are PTE_WRITABLE, PTE_NO_EXECUTE and the like;
// it is present in any case.  If this fails nothing is mapped; a table
// that was made on the way stays, for the next page near by.
NODISCARD enum map_result paging_map(phys_addr_t root,
                                     uintptr_t address,
                                     phys_addr_t target,
                                     enum page_size size, pte_t flags);

// Takes the page that begins at `address` away; `target` is then what
// it was mapped to.  That memory may be used for something else as soon
// as this returns, and not before.  False if no page begins there.
NODISCARD bool paging_unmap(phys_addr_t root, uintptr_t address,
                            phys_addr_t *target);
