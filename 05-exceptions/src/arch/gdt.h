// The Global Descriptor Table, which boot.asm made.
#pragma once

// A selector is the offset of a descriptor in the table.
enum selector {
    KERNEL_CODE = 0x08,
};
