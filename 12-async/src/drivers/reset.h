// Starts the machine again.
#pragma once

#include "lib/attributes.h"

NORETURN void reset_machine(void);
