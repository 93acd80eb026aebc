// The instructions that C has no words for, one function each.
#pragma once

// Stops the CPU until the next interrupt, which is for ever while
// interrupts are off.
static inline void cpu_halt(void)
{
    __asm__ volatile("hlt");
}
