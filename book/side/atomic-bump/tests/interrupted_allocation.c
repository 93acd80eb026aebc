// An interrupt handler allocates while a block is given back and
// another is taken: once after each instruction.  The block of the
// handler must be a third one.
#include <stdbool.h>
#include <stdint.h>

#include "arch/cpu.h"
#include "arch/interrupts.h"
#include "kernel/kernel.h"
#include "mm/atomic_bump.h"
#include "test/test.h"

// While this is set in RFLAGS there is a debug exception after each
// instruction (Intel SDM Vol. 3B, "Single-Stepping Exception
// Condition").
enum { VECTOR_DEBUG = 1, FLAGS_TRAP = 1 << 8 };

static struct atomic_bump_allocator allocator;
static unsigned steps_left; // until the handler allocates
static void *block_of_handler;

static void *allocate(void)
{
    return allocator.base.allocate(&allocator.base, 24, 16);
}

static void release(void *block)
{
    allocator.base.release(&allocator.base, block, 24, 16);
}

// Begins to step, or ends it.
static void on_breakpoint(struct trap_frame *frame)
{
    frame->rflags ^= FLAGS_TRAP;
}

static void on_step(struct trap_frame *frame)
{
    (void)frame;
    if (steps_left == 0) {
        return;
    }
    steps_left--;
    if (steps_left == 0) {
        block_of_handler = allocate();
    }
}

void kernel_main(uint32_t boot_info)
{
    static uint8_t memory[100 * 1024];
    kernel_init(boot_info);
    test_begin("interrupted_allocation");
    cpu_disable_interrupts();
    interrupts_handle(VECTOR_BREAKPOINT, on_breakpoint);
    interrupts_handle(VECTOR_DEBUG, on_step);
    for (unsigned step = 1; step < 500; step++) {
        atomic_bump_init(&allocator, memory, sizeof(memory));
        block_of_handler = NULL;
        void *old = allocate();
        steps_left = step;
        cpu_breakpoint();
        release(old);
        void *block = allocate();
        cpu_breakpoint();
        // They do not have so many instructions.  They have more than
        // 20: else nothing was stepped.
        if (steps_left > 0 && step > 20) {
            test_pass();
        }
        // It gets the handler's block if release() overlooked that.
        void *next = allocate();
        if (block == NULL || block_of_handler == NULL ||
            block == block_of_handler || next == block_of_handler) {
            test_fail("both have got the same block");
        }
    }
    test_fail("it has not come to an end");
}
