// The programmable interval timer (8254), whose channel 0 drives IRQ 0.
#pragma once

// Lets it raise IRQ_TIMER about `hertz` times a second, from 19 to
// 596591: it can only divide a fixed frequency by a whole number of at
// most 16 bits.  Returns the rate that it reached, in thousandths of a
// hertz.
unsigned pit_start(unsigned hertz);
