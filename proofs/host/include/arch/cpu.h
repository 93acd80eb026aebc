// The CPU, as the host has it: in front of src/arch/cpu.h for whatever
// is tested on the machine we sit at.
#pragma once

#include <stdint.h>

#include "host.h"

// Here the test that expects it goes on (EXPECT_HALT), any other fails:
// nothing on the host ever waits for an interrupt.
static inline void cpu_halt(void)
{
    host_halt();
}

// For what is compiled here and never called: see src/arch/cpu.h.
struct __attribute__((packed)) table_pointer {
    uint16_t limit;
    uint64_t base;
};

static inline void cpu_load_idt(const struct table_pointer *idt)
{
    (void)idt;
}

static inline void cpu_breakpoint(void)
{
}

static inline void cpu_undefined(void)
{
}

static inline uint64_t cpu_read_cr2(void)
{
    return 0;
}

// The flag that says whether devices may interrupt is kept, and nothing
// interrupts.  A test begins with it off, as a kernel does.
extern uint64_t host_cpu_flags;

enum { FLAGS_INTERRUPTS = 1 << 9 };

static inline void cpu_enable_interrupts(void)
{
    host_cpu_flags |= FLAGS_INTERRUPTS;
}

static inline void cpu_disable_interrupts(void)
{
    host_cpu_flags &= ~(uint64_t)FLAGS_INTERRUPTS;
}

static inline void cpu_wait_for_interrupt(void)
{
    cpu_enable_interrupts();
    host_halt();
}

static inline uint64_t cpu_flags(void)
{
    return host_cpu_flags;
}

// Page tables are read and written here as anywhere; the CPU never uses
// them.  host.h says how a test learns what became of these.
static inline uint64_t cpu_read_cr3(void)
{
    return host_cr3;
}

static inline void cpu_write_cr3(uint64_t value)
{
    host_cr3 = value;
}

static inline void cpu_invalidate_page(uintptr_t address)
{
    host_invalidate_page(address);
}
