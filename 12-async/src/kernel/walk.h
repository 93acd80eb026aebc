// Shows how the CPU translates an address.
#pragma once

#include <stdint.h>

// Prints the entries of the page tables in use that `address` leads
// through, a line each, down to the one that leads to a page or is not
// present.  Any address will do.
void walk_print(uintptr_t address);
