#include "mm/memory.h"

#include <stdbool.h>
#include <stddef.h>

#include "arch/stacks.h"
#include "boot/multiboot2.h"
#include "kernel/console.h"
#include "kernel/panic.h"
#include "mm/frame.h"
#include "mm/memory_map.h"
#include "mm/paging.h"

// From linker.ld; each begins a page.
extern const uint8_t __kernel_start[], __text_start[], __rodata_start[],
    __data_start[], __kernel_end[];

// What boot.asm has mapped.
#define BOOT_REACH (UINT64_C(1) << 30)

// The BIOS keeps data below this address, and devices have theirs.
enum { LOW_MEMORY_END = 1 << 20 };

// The screen (drivers/vga.c): the colour text mode's part of the VGA's
// memory.
enum { VGA_MEMORY = 0xb8000, VGA_MEMORY_END = 0xc0000 };

#define HUGE_PAGE_SIZE (UINT64_C(2) << 20)

// --- Whose memory is it? ---------------------------------------------

// We have seen what is in this range: if it is not in RAM, the map is
// wrong.
static void keep_ram(struct range range)
{
    for (uint64_t page = range.start >> PAGE_BITS;
         page << PAGE_BITS < range.end; page++) {
        if (memory_map_at(page) == RAM_NONE) {
            panic("GRUB's memory map has no memory at 0x%lx, which is "
                  "in use",
                  page << PAGE_BITS);
        }
    }
    memory_map_keep(range);
}

static void find_memory(phys_addr_t boot_info)
{
    const char *problem = multiboot2_use(boot_info);
    if (problem != NULL) {
        panic("GRUB's information at 0x%lx is damaged: %s",
              boot_info.value, problem);
    }
    keep_ram((struct range){(uintptr_t)__kernel_start,
                            (uintptr_t)__kernel_end});
    keep_ram(multiboot2_range());
    memory_map_keep((struct range){0, LOW_MEMORY_END});
    memory_map_keep((struct range){MEMORY_WINDOW_SIZE, UINT64_MAX});
    struct range module;
    for (size_t i = 0; multiboot2_module(i, &module); i++) {
        memory_map_keep(module);
    }
    frame_init();
}

// --- Tables of our own -----------------------------------------------

static void map(phys_addr_t root, uintptr_t address, uint64_t target,
                enum page_size size, pte_t flags)
{
    enum map_result result = paging_map(
        root, address, (phys_addr_t){target}, size, flags);
    if (result != MAP_OK) {
        panic("cannot map 0x%lx: %s", address,
              result == MAP_NO_FRAME ? "no frame is left"
                                     : "something is there");
    }
}

// What may be done with the page at a physical address.
static pte_t rights(uint64_t page)
{
    if (page >= (uintptr_t)__text_start &&
        page < (uintptr_t)__rodata_start) {
        return 0;
    }
    if (page >= (uintptr_t)__kernel_start &&
        page < (uintptr_t)__data_start) {
        return PTE_NO_EXECUTE;
    }
    return PTE_NO_EXECUTE | PTE_WRITABLE;
}

// The kernel and the screen, where they are.
static void map_kernel(phys_addr_t root)
{
    for (uintptr_t page = (uintptr_t)__kernel_start;
         page < (uintptr_t)__kernel_end; page += PAGE_SIZE) {
        bool is_guard = stacks_find_overflow(page) != NULL;
        if (!is_guard) {
            map(root, page, page, PAGE_4_KIB, rights(page));
        }
    }
    for (uintptr_t page = VGA_MEMORY; page < VGA_MEMORY_END;
         page += PAGE_SIZE) {
        map(root, page, page, PAGE_4_KIB,
            PTE_WRITABLE | PTE_NO_EXECUTE | PTE_CACHE_DISABLE);
    }
}

// RAM from `page` to `end` in the window: in huge pages, except around
// the kernel, the pages of which have rights of their own.
static void map_window(phys_addr_t root, uint64_t page, uint64_t end)
{
    while (page < end) {
        if (page % HUGE_PAGE_SIZE == 0 &&
            end - page >= HUGE_PAGE_SIZE &&
            page >= (uintptr_t)__kernel_end) {
            map(root, MEMORY_WINDOW + page, page, PAGE_2_MIB,
                PTE_WRITABLE | PTE_NO_EXECUTE);
            page += HUGE_PAGE_SIZE;
        } else {
            map(root, MEMORY_WINDOW + page, page, PAGE_4_KIB,
                rights(page) | PTE_NO_EXECUTE);
            page += PAGE_SIZE;
        }
    }
}

// Maps all RAM in the window.  Returns where the last of it ends.
static uint64_t map_ram(phys_addr_t root)
{
    const uint64_t last = MEMORY_WINDOW_SIZE >> PAGE_BITS;
    uint64_t reach = 0;
    uint64_t end;
    for (uint64_t page = 0; page < last; page = end) {
        end = memory_map_next(page);
        if (memory_map_at(page) == RAM_NONE) {
            continue;
        }
        while (end < last && memory_map_at(end) != RAM_NONE) {
            end = memory_map_next(end);
        }
        reach = end << PAGE_BITS;
        map_window(root, page << PAGE_BITS, reach);
    }
    return reach;
}

void memory_init(phys_addr_t boot_info)
{
    phys_reach = BOOT_REACH;
    find_memory(boot_info);

    phys_addr_t root;
    if (!paging_new_table(&root)) {
        panic("no frame is left for page tables");
    }
    map_kernel(root);
    uint64_t reach = map_ram(root);
    paging_use(root);
    phys_window = MEMORY_WINDOW;
    phys_reach = reach;
}

void memory_print(void)
{
    static const char *const names[] = {
        [MEMORY_AVAILABLE] = "available",
        [MEMORY_RESERVED] = "reserved",
        [MEMORY_ACPI] = "ACPI tables",
        [MEMORY_ACPI_NVS] = "ACPI NVS",
        [MEMORY_DEFECTIVE] = "defective",
    };
    struct memory_area area;
    for (size_t i = 0; multiboot2_area(i, &area); i++) {
        bool known = area.type > 0 &&
                     area.type < sizeof(names) / sizeof(names[0]);
        kprintf("%016lx to %016lx: %s\n", area.range.start,
                area.range.end, known ? names[area.type] : "reserved");
    }
    kprintf("%zu of %zu frames are free.\n", frame_free_count(),
            frame_count());
}
