// For tests: tries what may be forbidden, and lives to tell.
#pragma once

#include <stdbool.h>
#include <stdint.h>

// What came of an access.  The rest is 0 unless it faulted.
struct probe {
    bool faulted;
    uint64_t error_code; // as the CPU gave it: PROBE_... together
    uintptr_t address;   // what CR2 held
};

// SDM Vol. 3A, "Page-Fault Exception (#PF)".
enum {
    PROBE_PRESENT = 1 << 0, // the page is there, its rights forbid it
    PROBE_WRITE = 1 << 1,
    PROBE_FETCH = 1 << 4,
};

// Reads a byte, writes one, or calls a function there, which has to
// return at once.  Not for an interrupt handler.
struct probe probe_read(uintptr_t address);
struct probe probe_write(uintptr_t address, uint8_t value);
struct probe probe_call(uintptr_t address);
