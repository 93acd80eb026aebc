// Starts the machine again.
#pragma once

#include "lib/attributes.h"

// Halts for ever if the keyboard's controller does not obey.
NORETURN void reset_machine(void);
