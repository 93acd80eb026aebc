// The programmable interval timer (8254), whose channel 0 drives IRQ 0.
#pragma once

// Pulses a second; a third of the colour subcarrier of American
// television, for which there were cheap crystals.
enum { PIT_HERTZ = 1193182 };

// Lets it raise IRQ_TIMER at every pulse that is a multiple of
// `divisor`, which has 16 bits and is at least 2.
void pit_start(unsigned divisor);
