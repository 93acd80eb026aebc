// The CPU, as the host has it: in front of src/arch/cpu.h for whatever
// is tested on the machine we sit at.
#pragma once

#include "host.h"

// Here the test that expects it goes on (EXPECT_HALT), any other fails:
// nothing on the host ever waits for an interrupt.
static inline void cpu_halt(void)
{
    host_halt();
}
