#include "kernel/walk.h"

#include "kernel/console.h"
#include "mm/paging.h"

void walk_print(uintptr_t address)
{
    if (!paging_is_canonical(address)) {
        kprintf("  not canonical: no tables stand for it\n");
        return;
    }
    struct page_walk walk = paging_walk(paging_root(), address);
    for (unsigned level = PAGE_LEVELS; level >= walk.level; level--) {
        char text[72];
        paging_explain(text, sizeof(text), walk.entries[level]);
        kprintf("  %-4s[%3u] %016lx %s\n", paging_level_name(level),
                paging_index(address, level), walk.entries[level],
                text);
    }
}
