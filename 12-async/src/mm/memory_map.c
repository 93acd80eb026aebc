#include "mm/memory_map.h"

#include "boot/multiboot2.h"

// Below are the BIOS's data, and the devices.
enum { LOW_MEMORY = 1 << 20 };

// The firmware's tables lie in RAM, too, and may be read.
static bool is_ram(uint32_t type)
{
    return type == MEMORY_AVAILABLE || type == MEMORY_ACPI ||
           type == MEMORY_ACPI_NVS;
}

void memory_map_ram(const void *info, struct ranges *ram)
{
    struct memory_area area;
    ram->count = 0;
    for (size_t i = 0; multiboot2_memory(info, i, &area); i++) {
        if (is_ram(area.type)) {
            ranges_add(ram, area.range);
        }
    }
    // Where areas overlap the one that is not RAM is right.
    for (size_t i = 0; multiboot2_memory(info, i, &area); i++) {
        if (!is_ram(area.type)) {
            ranges_remove(ram, area.range);
        }
    }
}

void memory_map_free(const void *info, struct range info_range,
                     struct range kernel, struct ranges *free)
{
    struct memory_area area;
    struct range used;

    memory_map_ram(info, free);
    for (size_t i = 0; multiboot2_memory(info, i, &area); i++) {
        if (area.type != MEMORY_AVAILABLE) {
            ranges_remove(free, area.range);
        }
    }
    ranges_remove(free, (struct range){0, LOW_MEMORY});
    ranges_remove(free, kernel);
    ranges_remove(free, info_range);
    for (size_t i = 0; multiboot2_module(info, i, &used); i++) {
        ranges_remove(free, used);
    }
    // Of the kernel's file, GRUB also loads what is not needed to run:
    // the names of its sections, symbols if there are any.
    for (size_t i = 0; multiboot2_section(info, i, &used); i++) {
        ranges_remove(free, used);
    }
}
