// The keyboard: a PS/2 one, or what the firmware makes look like one.
#pragma once

#include "lib/scancode.h"

// Called in the interrupt, with interrupts off, for every key pressed.
typedef void key_handler(struct key key);

// Lets keys interrupt the CPU; begins with the US layout and no
// handler.  After pic_init().
void keyboard_init(void);

// NULL for none: what is typed is lost.
void keyboard_set_handler(key_handler *handler);

// Called in the interrupt, with interrupts off, for every byte that the
// keyboard sends.
typedef void byte_handler(uint8_t byte);

// Lets the bytes go there as they come, and no keys to a key handler.
// keyboard_set_handler() ends this, with NULL too.
void keyboard_set_byte_handler(byte_handler *handler);

// May be called from the key handler, too.
void keyboard_set_layout(const struct layout *layout);
