// The keyboard: a PS/2 one, or what the firmware makes look like one.
#pragma once

#include <stdint.h>

// Called in the interrupt, with interrupts off, for every byte that the
// keyboard sends.
typedef void byte_handler(uint8_t byte);

// Lets the keyboard interrupt the CPU; begins with no handler.  After
// pic_init().
void keyboard_init(void);

// NULL for none: then everything typed is lost.
void keyboard_set_handler(byte_handler *handler);
