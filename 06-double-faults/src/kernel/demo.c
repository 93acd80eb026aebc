#include "kernel/demo.h"

#include "kernel/console.h"

// The compiler must believe that this can end.
static volatile unsigned limit = (unsigned)-1;

static unsigned recurse(unsigned depth)
{
    if (depth == limit) {
        return 0;
    }
    return recurse(depth + 1) + 1;
}

void demo(void)
{
    kprintf("Hello World!\n");
    kprintf("This deep: %u\n", recurse(0));
}
