#include "arch/interrupts.h"

#include <stddef.h>

#include "arch/cpu.h"
#include "arch/gdt.h"
#include "lib/panic.h"

// A gate of the IDT: where the CPU goes for one vector (Intel SDM Vol.
// 3A, "64-Bit Mode IDT").
struct gate {
    uint16_t offset_low;
    uint16_t selector;
    uint8_t stack_index;
    uint8_t attributes;
    uint16_t offset_middle;
    uint32_t offset_high;
    uint32_t reserved;
};
_Static_assert(sizeof(struct gate) == 16, "two quadwords");

// Present, ring 0, interrupt gate: interrupts are off on entry.
enum { GATE_INTERRUPT = 0x8e };

// The entries in interrupts.asm.
enum { ENTRY_SIZE = 16 };
extern const uint8_t interrupt_entries[VECTOR_COUNT][ENTRY_SIZE];

static struct gate idt[VECTOR_COUNT];
static interrupt_handler *handlers[VECTOR_COUNT];
static interrupt_handler *default_handler;

static struct gate gate_to(uintptr_t target)
{
    return (struct gate){
        .offset_low = (uint16_t)target,
        .selector = KERNEL_CODE,
        .attributes = GATE_INTERRUPT,
        .offset_middle = (uint16_t)(target >> 16),
        .offset_high = (uint32_t)(target >> 32),
    };
}

void interrupts_init(interrupt_handler *otherwise)
{
    kassert(otherwise != NULL);
    default_handler = otherwise;
    for (unsigned vector = 0; vector < VECTOR_COUNT; vector++) {
        idt[vector] = gate_to((uintptr_t)interrupt_entries[vector]);
    }
    const struct table_pointer pointer = {
        .limit = sizeof(idt) - 1,
        .base = (uintptr_t)idt,
    };
    cpu_load_idt(&pointer);
}

void interrupts_handle(unsigned vector, interrupt_handler *handler)
{
    kassert(vector < VECTOR_COUNT);
    handlers[vector] = handler;
}

void interrupts_dispatch(struct trap_frame *frame)
{
    interrupt_handler *handler = handlers[frame->vector];
    if (handler == NULL) {
        handler = default_handler;
    }
    handler(frame);
}
