// A stack that overflows is noticed, and named.
#include <stdbool.h>
#include <stddef.h>

#include "arch/cpu.h"
#include "arch/interrupts.h"
#include "kernel/kernel.h"
#include "kernel/panic.h"
#include "test/test.h"

// The compiler must believe that the recursion can end.
static volatile bool deeper = true;
static volatile unsigned depth;

static void recurse(void)
{
    depth++;
    if (deeper) {
        recurse();
    }
    depth--;
}

static void on_double_fault(struct trap_frame *frame)
{
    (void)frame;
    if (stacks_find_overflow(cpu_read_cr2()) == NULL) {
        test_fail("the double fault is not from an overflow");
    }
    test_pass();
}

void kernel_main(uint32_t boot_info)
{
    kernel_init(boot_info);
    test_begin("stack_overflow");
    interrupts_handle(VECTOR_DOUBLE_FAULT, on_double_fault);
    recurse();
    test_fail("nobody noticed");
}
