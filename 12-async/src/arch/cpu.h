// The instructions that C has no words for, one function each.
#pragma once

#include <stdint.h>

#include "lib/attributes.h"

// The operand of `lgdt` and `lidt`.
// `base` stands at offset 2: this is one of the few structures that
// really have to be packed (Intel SDM Vol. 3A, "Interrupt Descriptor
// Table (IDT)").
struct PACKED table_pointer {
    uint16_t limit; // the offset of the table's last byte
    uint64_t base;
};
_Static_assert(sizeof(struct table_pointer) == 10, "80 bits");

// In RFLAGS: whether devices may interrupt.
enum { FLAGS_INTERRUPTS = 1 << 9 };

// Stops the CPU until the next interrupt, which is for ever while
// interrupts are off.
static inline void cpu_halt(void)
{
    __asm__ volatile("hlt");
}

// "memory" in the next three: what is written or read before stays
// before, and what comes after stays after.
static inline void cpu_enable_interrupts(void)
{
    __asm__ volatile("sti" : : : "memory");
}

static inline void cpu_disable_interrupts(void)
{
    __asm__ volatile("cli" : : : "memory");
}

// Returns after an interrupt, with interrupts on.  `sti` takes effect
// after the instruction that follows it: no interrupt comes between the
// two, to be slept through (Intel SDM Vol. 2B, "STI").
static inline void cpu_wait_for_interrupt(void)
{
    __asm__ volatile("sti; hlt" : : : "memory");
}

static inline uint64_t cpu_flags(void)
{
    uint64_t flags;
    __asm__ volatile("pushfq; pop %0" : "=r"(flags));
    return flags;
}

// "memory": the table must have been written before the CPU gets it.
static inline void cpu_load_idt(const struct table_pointer *idt)
{
    __asm__ volatile("lidt %0" : : "m"(*idt) : "memory");
}

// Raises a breakpoint exception (vector 3).
static inline void cpu_breakpoint(void)
{
    __asm__ volatile("int3");
}

// The one instruction that no x86 CPU will ever have (vector 6).
static inline void cpu_undefined(void)
{
    __asm__ volatile("ud2");
}

// The address whose access raised the last page fault.
static inline uint64_t cpu_read_cr2(void)
{
    uint64_t value;
    __asm__ volatile("mov %%cr2, %0" : "=r"(value));
    return value;
}

// The physical address of the PML4 in use; the low 12 bits are no part
// of it (Intel SDM Vol. 3A, "Control Registers").
static inline uint64_t cpu_read_cr3(void)
{
    uint64_t value;
    __asm__ volatile("mov %%cr3, %0" : "=r"(value));
    return value;
}

// "memory": the tables must have been written before.
static inline void cpu_write_cr3(uint64_t value)
{
    __asm__ volatile("mov %0, %%cr3" : : "r"(value) : "memory");
}

// The CPU remembers what it has found in page tables; this makes it
// forget one page (Intel SDM Vol. 3A, "Invalidation of TLBs and
// Paging-Structure Caches").  "memory": what was to be done in the page
// is done before, and its entry is written.
static inline void cpu_invalidate_page(uintptr_t address)
{
    __asm__ volatile("invlpg (%0)" : : "r"(address) : "memory");
}
