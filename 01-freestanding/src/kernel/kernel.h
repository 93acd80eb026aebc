// Where the kernel begins, for the code that starts it.
#pragma once

#include "lib/attributes.h"

// Called once, with a stack and nothing else prepared.  It does not
// return: there is nobody to return to.
NORETURN void kernel_main(void);
