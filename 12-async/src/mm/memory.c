#include "mm/memory.h"

#include <stdbool.h>
#include <stddef.h>

#include "arch/stacks.h"
#include "boot/multiboot2.h"
#include "kernel/console.h"
#include "kernel/panic.h"
#include "lib/ranges.h"
#include "mm/frame.h"
#include "mm/memory_map.h"
#include "mm/paging.h"

// From linker.ld; each begins a page.
extern const uint8_t __kernel_start[], __text_start[], __rodata_start[],
    __data_start[], __kernel_end[];

// What boot.asm has mapped.
#define BOOT_REACH (UINT64_C(1) << 30)

#define HUGE_PAGE_SIZE (UINT64_C(2) << 20)

// The screen (drivers/vga.c): the colour text mode's part of the VGA's
// memory.
enum { VGA_MEMORY = 0xb8000, VGA_MEMORY_END = 0xc0000 };

static phys_addr_t boot_info;

// Reads GRUB's information.  The lists are static because they are
// larger than a stack frame should be.
static const struct ranges *find_memory(void)
{
    static struct ranges ram, free;
    const void *info = phys_to_virt(boot_info);

    if (boot_info.value % 8 != 0 || boot_info.value >= phys_reach) {
        panic("GRUB's information cannot be at 0x%lx", boot_info.value);
    }
    const char *problem =
        multiboot2_check(info, phys_reach - boot_info.value);
    if (problem != NULL) {
        panic("GRUB's information is damaged: %s", problem);
    }
    struct range self = {boot_info.value,
                         boot_info.value + multiboot2_size(info)};
    struct range kernel = {(uintptr_t)__kernel_start,
                           (uintptr_t)__kernel_end};
    struct range beyond = {MEMORY_WINDOW_SIZE, UINT64_MAX};
    memory_map_ram(info, &ram);
    memory_map_free(info, self, kernel, &free);
    ranges_remove(&ram, beyond);
    ranges_remove(&free, beyond);
    if (!ranges_contain(&ram, kernel) || !ranges_contain(&ram, self)) {
        panic("GRUB's memory map has no memory where the kernel is");
    }
    frame_init(&free);
    return &ram;
}

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

void memory_init(phys_addr_t info)
{
    boot_info = info;
    phys_reach = BOOT_REACH;
    const struct ranges *ram = find_memory();

    phys_addr_t root;
    if (!paging_new_table(&root)) {
        panic("no frame is left for page tables");
    }
    map_kernel(root);
    uint64_t reach = 0;
    for (size_t i = 0; i < ram->count; i++) {
        // Inwards to whole pages.
        uint64_t start = ram->list[i].start + PAGE_SIZE - 1;
        reach = ram->list[i].end & ~UINT64_C(0xfff);
        map_window(root, start & ~UINT64_C(0xfff), reach);
    }
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
    const void *info = phys_to_virt(boot_info);
    struct memory_area area;
    for (size_t i = 0; multiboot2_memory(info, i, &area); i++) {
        bool known = area.type > 0 &&
                     area.type < sizeof(names) / sizeof(names[0]);
        kprintf("%016lx to %016lx: %s\n", area.range.start,
                area.range.end, known ? names[area.type] : "reserved");
    }
    kprintf("%zu of %zu frames are free.\n", frame_free_count(),
            frame_count());
}
