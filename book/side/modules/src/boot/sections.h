// The sections of the kernel's own file.  GRUB loads those, too, that
// are not needed to run: symbols, and the names of everything
// (Multiboot2 specification, "ELF-Symbols").
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "boot/multiboot2.h"

struct section {
    struct range range; // where it is; empty if it was not loaded
    const char *name;   // "" if there is none
};

// The section with this number, from 0 on; false past the last.  As
// for the information's other parts, multiboot2_use() comes first.
bool sections_get(size_t number, struct section *section);
