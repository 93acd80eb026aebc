#include "mm/pages.h"

#include "kernel/panic.h"
#include "mm/frame.h"
#include "mm/paging.h"

static bool add_page(uintptr_t page)
{
    phys_addr_t frame;
    if (!frame_allocate(&frame)) {
        return false;
    }
    if (paging_map(paging_root(), page, frame, PAGE_4_KIB,
                   PTE_WRITABLE | PTE_NO_EXECUTE) != MAP_OK) {
        frame_free(frame);
        return false;
    }
    return true;
}

bool pages_add(uintptr_t first, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!add_page(first + i * PAGE_SIZE)) {
            pages_remove(first, i);
            return false;
        }
    }
    return true;
}

void pages_remove(uintptr_t first, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        phys_addr_t frame;
        bool mapped = paging_unmap(paging_root(),
                                   first + i * PAGE_SIZE, &frame);
        kassert(mapped);
        frame_free(frame);
    }
}
