// The monitor's commands.
#pragma once

#include <stdint.h>

#include "lib/line.h"

// Obeys a line, which is taken apart meanwhile.  Returns for how many
// ticks the monitor is to wait before the next one, unless a key comes.
uint64_t commands_obey(char *text);
