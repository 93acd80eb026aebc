// The Global Descriptor Table and the task state segment.  Long mode
// ignores most of what segments once did; what is left is where code
// runs and, through the TSS, a known stack for an exception that cannot
// trust the one in use.
#pragma once

// A selector is the offset of a descriptor in the table.
enum selector {
    KERNEL_CODE = 0x08,
    KERNEL_TSS = 0x10,
};

// Replaces boot.asm's table, and makes the stacks of arch/stacks.h
// known to the CPU.  To be called once, before exceptions_init().
void gdt_init(void);
