// Starts the machine again, or switches it off.
#pragma once

// Both return after a moment if the machine cannot do it this way.
void power_reset(void);

// Works in QEMU only: other machines say in their ACPI tables, in a
// language of their own, how to do it.
void power_off(void);
