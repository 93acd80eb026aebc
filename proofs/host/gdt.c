// The GDT and the TSS, as gdt_load() gets them, at addresses that need
// all 64 bits.
// needs: src/arch/gdt.h src/arch/gdt.c src/arch/stacks.c
#include "arch/gdt.h"

#include <string.h>

#include "arch/cpu.h"
#include "arch/stacks.h"
#include "test/test.h"

// As arch/stacks.c has them.
struct memory {
    uint8_t guard[GUARD_SIZE];
    uint8_t stack[STACK_SIZE];
};
extern struct memory stacks[STACK_COUNT];

// In place of gdt.asm.
void gdt_load(const struct table_pointer *table, enum selector code,
              enum selector tss);

static uint64_t gdt[4];
static uint16_t limit;
static unsigned code_selector, tss_selector;

void gdt_load(const struct table_pointer *table, enum selector code,
              enum selector tss)
{
    limit = table->limit;
    memcpy(gdt, (const void *)(uintptr_t)table->base, sizeof(gdt));
    code_selector = code;
    tss_selector = tss;
}

static uint64_t tss_base(void)
{
    return (gdt[2] >> 16 & 0xffffff) | (gdt[2] >> 56) << 24 |
           gdt[3] << 32;
}

TEST(gdt_has_code_and_a_task)
{
    gdt_init();
    CHECK_EQUAL(limit, sizeof(gdt) - 1);
    CHECK_EQUAL(code_selector, 0x08);
    CHECK_EQUAL(tss_selector, 0x10);
    CHECK_EQUAL(gdt[0], 0);
    CHECK_EQUAL(gdt[1], UINT64_C(0x00209b0000000000));
    CHECK_EQUAL(gdt[2] & 0xffff, 103);
    CHECK_EQUAL(gdt[2] >> 40 & 0xffff, 0x0089); // present, 64-bit TSS
    CHECK_EQUAL(gdt[3] >> 32, 0);
}

TEST(gdt_leads_to_the_tss)
{
    gdt_init();
    const uint8_t *tss = (const uint8_t *)(uintptr_t)tss_base();
    for (unsigned i = 0; i < 104; i += 4) {
        uint32_t word;
        memcpy(&word, tss + i, sizeof(word));
        unsigned ist = (i - 36) / 8 + 1;
        uint64_t top = i >= 36 && ist < STACK_COUNT ? stacks_top(ist) : 0;
        uint32_t wanted = (uint32_t)(i % 8 == 4 ? top : top >> 32);
        CHECK_EQUAL(word, i == 100 ? 104u << 16 : wanted);
    }
}
