#include "kernel/kernel.h"

// The entry point.  The linker looks for this name and writes its
// address into the ELF file, for whoever loads it.
NORETURN void _start(void);

void _start(void)
{
    kernel_main();
}
