#include "mm/recursive.h"

#include "arch/cpu.h"
#include "kernel/panic.h"
#include "mm/frame.h"

// The first address whose index at level 4 is RECURSIVE_INDEX.
#define TABLES UINT64_C(0xffffff8000000000)

// Shifted out by a level, an address has its indices one level lower,
// and no offset any more: 9 bits for each of 4 levels, and 3 for the
// byte in an entry.
#define ENTRY_OFFSET UINT64_C(0x7ffffffff8)

enum { INDEX_BITS = 9 };

void recursive_install(phys_addr_t root)
{
    pte_t *entry = (pte_t *)phys_to_virt(root) + RECURSIVE_INDEX;
    kassert(*entry == 0);
    *entry = root.value | PTE_PRESENT | PTE_WRITABLE | PTE_NO_EXECUTE;
}

// The entry of a page has an address, and that is in a page, too, which
// has an entry: one level higher.
volatile pte_t *recursive_entry(uintptr_t address, unsigned level)
{
    kassert(level >= 1 && level <= PAGE_LEVELS);
    for (unsigned i = 0; i < level; i++) {
        address = TABLES | ((address >> INDEX_BITS) & ENTRY_OFFSET);
    }
    return (volatile pte_t *)address;
}

struct page_walk recursive_walk(uintptr_t address)
{
    kassert(paging_is_canonical(address));
    struct page_walk walk = {.level = PAGE_LEVELS};
    for (;; walk.level--) {
        pte_t entry = *recursive_entry(address, walk.level);
        walk.entries[walk.level] = entry;
        if ((entry & PTE_PRESENT) == 0) {
            return walk;
        }
        // At level 4, bit 7 means nothing.
        if (walk.level == 1 ||
            (walk.level < PAGE_LEVELS && (entry & PTE_HUGE) != 0)) {
            unsigned bits = PAGE_BITS + (walk.level - 1) * INDEX_BITS;
            uint64_t offset = (UINT64_C(1) << bits) - 1;
            walk.mapped = true;
            walk.address.value =
                (entry & PTE_ADDRESS & ~offset) | (address & offset);
            return walk;
        }
    }
}

// Makes the table that the absent entry at `level` is to lead to.  It
// appears as soon as the entry is there; both are volatile, and so done
// in this order.
static bool add_table(uintptr_t address, unsigned level)
{
    phys_addr_t frame;
    if (!frame_allocate(&frame)) {
        return false;
    }
    *recursive_entry(address, level) =
        frame.value | PTE_PRESENT | PTE_WRITABLE | PTE_USER;

    uintptr_t some = (uintptr_t)recursive_entry(address, level - 1);
    volatile pte_t *table = (volatile pte_t *)(some - some % PAGE_SIZE);
    for (unsigned i = 0; i < PAGE_ENTRIES; i++) {
        table[i] = 0;
    }
    return true;
}

enum map_result recursive_map(uintptr_t address, phys_addr_t target,
                              pte_t flags)
{
    kassert(address % PAGE_SIZE == 0 && target.value % PAGE_SIZE == 0);
    kassert(paging_index(address, PAGE_LEVELS) != RECURSIVE_INDEX);
    for (;;) {
        struct page_walk walk = recursive_walk(address);
        if (walk.mapped) {
            return MAP_IN_USE;
        }
        if (walk.level == PAGE_4_KIB) {
            break;
        }
        if (!add_table(address, walk.level)) {
            return MAP_NO_FRAME;
        }
    }
    *recursive_entry(address, PAGE_4_KIB) =
        target.value | flags | PTE_PRESENT;
    return MAP_OK;
}

bool recursive_unmap(uintptr_t address, phys_addr_t *target)
{
    struct page_walk walk = recursive_walk(address);
    if (!walk.mapped || walk.level != PAGE_4_KIB ||
        address % PAGE_SIZE != 0) {
        return false;
    }
    *target = walk.address;
    *recursive_entry(address, PAGE_4_KIB) = 0;
    cpu_invalidate_page(address);
    return true;
}
