// Sections that no interrupt enters.  They nest: each restore returns
// to the state that its own save found, so a function never turns
// interrupts on behind its caller's back.
#pragma once

#include <stdbool.h>

#include "arch/cpu.h"
#include "lib/attributes.h"

typedef struct {
    bool were_enabled;
} irq_state_t;

NODISCARD static inline irq_state_t irq_save(void)
{
    irq_state_t state = {
        .were_enabled = (cpu_flags() & FLAGS_INTERRUPTS) != 0,
    };
    cpu_disable_interrupts();
    return state;
}

static inline void irq_restore(irq_state_t state)
{
    if (state.were_enabled) {
        cpu_enable_interrupts();
    }
}
