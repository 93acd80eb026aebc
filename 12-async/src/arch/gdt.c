#include "arch/gdt.h"

#include <stdint.h>

#include "arch/cpu.h"
#include "arch/stacks.h"
#include "lib/attributes.h"

// Bits of a descriptor (Intel SDM Vol. 3A, "Segment Descriptors").
#define SEGMENT_ACCESSED   (UINT64_C(1) << 40)
#define SEGMENT_READABLE   (UINT64_C(1) << 41)
#define SEGMENT_EXECUTABLE (UINT64_C(1) << 43)
#define SEGMENT_NOT_SYSTEM (UINT64_C(1) << 44)
#define SEGMENT_PRESENT    (UINT64_C(1) << 47)
#define SEGMENT_64_BIT     (UINT64_C(1) << 53)
#define SEGMENT_TSS        (UINT64_C(9) << 40) // a system segment

// SDM Vol. 3A, "Task Management in 64-Bit Mode".  The quadwords begin
// at offset 4, hence packed.
struct PACKED task_state {
    uint32_t reserved0;
    uint64_t privilege_stacks[3]; // for calls from ring 3
    uint64_t reserved1;
    uint64_t interrupt_stacks[7]; // IST 1 to 7
    uint64_t reserved2;
    uint16_t reserved3;
    uint16_t io_map_base;
};
_Static_assert(sizeof(struct task_state) == 104, "26 doublewords");

static struct task_state task_state;

// The descriptor of the TSS takes two entries, because its base address
// has 64 bits.
static uint64_t gdt[4];
_Static_assert(KERNEL_TSS / sizeof(gdt[0]) == 2,
               "the TSS's descriptor is gdt[2] and gdt[3]");

void gdt_load(const struct table_pointer *table, enum selector code,
              enum selector tss);

void gdt_init(void)
{
    for (unsigned i = STACK_BOOT + 1; i < STACK_COUNT; i++) {
        task_state.interrupt_stacks[i - 1] = stacks_top(i);
    }
    // Behind the segment's end: there is no I/O map.
    task_state.io_map_base = sizeof(task_state);

    uint64_t base = (uintptr_t)&task_state;
    gdt[1] = SEGMENT_64_BIT | SEGMENT_PRESENT | SEGMENT_NOT_SYSTEM |
             SEGMENT_EXECUTABLE | SEGMENT_READABLE | SEGMENT_ACCESSED;
    gdt[2] = SEGMENT_PRESENT | SEGMENT_TSS | (sizeof(task_state) - 1) |
             (base & 0xffffff) << 16 | (base >> 24 & 0xff) << 56;
    gdt[3] = base >> 32;

    const struct table_pointer pointer = {
        .limit = sizeof(gdt) - 1,
        .base = (uintptr_t)gdt,
    };
    gdt_load(&pointer, KERNEL_CODE, KERNEL_TSS);
}
