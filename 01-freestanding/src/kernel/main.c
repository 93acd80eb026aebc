#include "kernel/kernel.h"

void kernel_main(void)
{
    for (;;) {
    }
}
