// Which memory there is, and which of it is free.
#pragma once

#include "lib/ranges.h"

// Both functions read GRUB's information, which multiboot2_check() has
// found in order.

// All RAM, whatever it holds: no holes, no devices.
void memory_map_ram(const void *info, struct ranges *ram);

// The part of it that nobody uses: not the first MiB, not `kernel` and
// not the information at `info_range`, not what GRUB has loaded beside
// them.
void memory_map_free(const void *info, struct range info_range,
                     struct range kernel, struct ranges *free);
