#include "mm/paging.h"

#include "arch/cpu.h"
#include "kernel/panic.h"
#include "lib/format.h"
#include "lib/string.h"
#include "mm/frame.h"

enum { INDEX_BITS = 9, ADDRESS_BITS = 48 };

uintptr_t phys_window;
uint64_t phys_reach = UINT64_MAX;

bool paging_is_canonical(uintptr_t address)
{
    // Bit 47 and all above it: all clear, or all set.
    uintptr_t top = address >> (ADDRESS_BITS - 1);
    return top == 0 || top == UINTPTR_MAX >> (ADDRESS_BITS - 1);
}

// How far to the right an address is shifted to bring the index for a
// level to the bottom.
static unsigned level_shift(unsigned level)
{
    return PAGE_BITS + (level - 1) * INDEX_BITS;
}

// How many bytes an entry at `level` stands for.
static uint64_t level_size(unsigned level)
{
    return UINT64_C(1) << level_shift(level);
}

unsigned paging_index(uintptr_t address, unsigned level)
{
    kassert(level >= 1 && level <= PAGE_LEVELS);
    return (address >> level_shift(level)) & (PAGE_ENTRIES - 1);
}

const char *paging_level_name(unsigned level)
{
    static const char *const names[PAGE_LEVELS + 1] = {
        [1] = "PT", [2] = "PD", [3] = "PDPT", [4] = "PML4",
    };
    kassert(level >= 1 && level <= PAGE_LEVELS);
    return names[level];
}

void paging_explain(char *buffer, size_t size, pte_t entry)
{
    if ((entry & PTE_PRESENT) == 0) {
        format_to_buffer(buffer, size, "not present");
        return;
    }
    format_to_buffer(
        buffer, size, "%s%s%s%s%s%s%s%s",
        (entry & PTE_WRITABLE) != 0 ? "writable" : "read-only",
        (entry & PTE_USER) != 0 ? " user" : "",
        (entry & PTE_WRITE_THROUGH) != 0 ? " write-through" : "",
        (entry & PTE_CACHE_DISABLE) != 0 ? " uncached" : "",
        (entry & PTE_ACCESSED) != 0 ? " accessed" : "",
        (entry & PTE_DIRTY) != 0 ? " dirty" : "",
        (entry & PTE_HUGE) != 0 ? " huge" : "",
        (entry & PTE_NO_EXECUTE) != 0 ? " no-execute" : "");
}

// Whether an entry, if it is present, leads to a page and not to a
// table.
static bool is_page(pte_t entry, unsigned level)
{
    return level == 1 ||
           (level < PAGE_LEVELS && (entry & PTE_HUGE) != 0);
}

// Adds the entry at the level that the walk is at.  True if it leads to
// a table, in which the walk goes on.
static bool walk_on(struct page_walk *walk, uintptr_t address,
                    pte_t entry)
{
    walk->entries[walk->level] = entry;
    if ((entry & PTE_PRESENT) == 0) {
        return false;
    }
    if (is_page(entry, walk->level)) {
        // All the lower bits of the address are an offset.
        uint64_t offset = level_size(walk->level) - 1;
        walk->mapped = true;
        walk->address.value =
            (entry & PTE_ADDRESS & ~offset) | (address & offset);
        return false;
    }
    // A damaged entry: its table would be past the window's end.
    if ((entry & PTE_ADDRESS) >= phys_reach) {
        return false;
    }
    walk->level--;
    return true;
}

struct page_walk paging_walk(phys_addr_t root, uintptr_t address)
{
    kassert(paging_is_canonical(address));
    struct page_walk walk = {.level = PAGE_LEVELS};
    phys_addr_t table = root;
    pte_t entry;
    do {
        const pte_t *entries = phys_to_virt(table);
        entry = entries[paging_index(address, walk.level)];
        table.value = entry & PTE_ADDRESS;
    } while (walk_on(&walk, address, entry));
    return walk;
}

phys_addr_t paging_root(void)
{
    return (phys_addr_t){cpu_read_cr3() & PTE_ADDRESS};
}

void paging_use(phys_addr_t root)
{
    cpu_write_cr3(root.value);
}

bool paging_new_table(phys_addr_t *table)
{
    if (!frame_allocate(table)) {
        return false;
    }
    memset(phys_to_virt(*table), 0, PAGE_SIZE);
    return true;
}

// The table that an entry leads to, made if there is none; NULL if
// there is no frame for it.
static pte_t *table_below(pte_t *entry)
{
    if ((*entry & PTE_PRESENT) == 0) {
        phys_addr_t table;
        if (!paging_new_table(&table)) {
            return NULL;
        }
        // All rights there are: the page's own entry decides.
        *entry = table.value | PTE_PRESENT | PTE_WRITABLE | PTE_USER;
    }
    return phys_to_virt((phys_addr_t){*entry & PTE_ADDRESS});
}

enum map_result paging_map(phys_addr_t root, uintptr_t address,
                           phys_addr_t target, enum page_size size,
                           pte_t flags)
{
    kassert(paging_is_canonical(address));
    kassert(address % level_size(size) == 0);
    kassert(target.value % level_size(size) == 0);
    kassert((target.value & ~PTE_ADDRESS) == 0);
    kassert((flags & PTE_ADDRESS) == 0);

    pte_t *table = phys_to_virt(root);
    for (unsigned level = PAGE_LEVELS; level > size; level--) {
        pte_t *entry = &table[paging_index(address, level)];
        if ((*entry & PTE_PRESENT) != 0 && is_page(*entry, level)) {
            return MAP_IN_USE;
        }
        table = table_below(entry);
        if (table == NULL) {
            return MAP_NO_FRAME;
        }
    }
    pte_t *entry = &table[paging_index(address, size)];
    if ((*entry & PTE_PRESENT) != 0) {
        return MAP_IN_USE;
    }
    // The CPU never remembers that a page is absent: nothing to flush.
    *entry = target.value | flags | PTE_PRESENT |
             (size == PAGE_4_KIB ? 0 : PTE_HUGE);
    return MAP_OK;
}

bool paging_unmap(phys_addr_t root, uintptr_t address,
                  phys_addr_t *target)
{
    struct page_walk walk = paging_walk(root, address);
    if (!walk.mapped || address % level_size(walk.level) != 0) {
        return false;
    }
    // No page is at level 4: there is a table above it.
    phys_addr_t table = {walk.entries[walk.level + 1] & PTE_ADDRESS};
    pte_t *entries = phys_to_virt(table);
    entries[paging_index(address, walk.level)] = 0;
    cpu_invalidate_page(address);
    *target = walk.address;
    return true;
}
