// Shows what is typed.
#pragma once

#include <stdint.h>

// A handler for the keyboard: prints the characters of the keys, and
// the names of those that have none.  F1 and F2 choose a layout.
void echo_byte(uint8_t byte);
