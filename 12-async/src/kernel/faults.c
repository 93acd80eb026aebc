#include "kernel/faults.h"

#include <stddef.h>
#include <stdint.h>

#include "arch/cpu.h"
#include "containers/vector.h"
#include "kernel/console.h"
#include "lib/panic.h"
#include "lib/string.h"
#include "sync/irq_lock.h"

// volatile, here and below: a compiler that could see the fault might
// leave it out.
static volatile uint8_t *volatile nowhere = (void *)0xdeadbeef;
static void (*volatile no_function)(void);
static volatile unsigned depth;
static volatile int zero;

static void read_absent_page(void)
{
    (void)*nowhere;
}

static void write_code(void)
{
    static volatile uintptr_t code = (uintptr_t)faults_commit;
    *(volatile uint8_t *)code = 0;
}

static void call_null(void)
{
    no_function();
}

static void fill_stack(void)
{
    depth++;
    if (depth > 0) {
        fill_stack();
    }
    depth--;
}

static void divide_by_zero(void)
{
    // Not 1: GCC knows that quotient without a division.
    zero = 42 / zero;
}

static void free_block_twice(void)
{
    struct vector vector = VECTOR_OF(char);
    if (vector_push(&vector, "a")) {
        struct vector copy = vector; // of the pointer to the block
        vector_release(&vector);
        vector_release(&copy);
    }
}

static void lock_twice(void)
{
    static struct irq_lock lock;
    irq_state_t outer = irq_lock_acquire(&lock);
    irq_state_t inner = irq_lock_acquire(&lock);
    irq_lock_release(&lock, inner);
    irq_lock_release(&lock, outer);
}

static void give_up(void)
{
    panic("as you wish");
}

static const struct {
    const char *name;
    const char *what;
    void (*commit)(void);
} faults[] = {
    {"page", "reads from an absent page", read_absent_page},
    {"code", "writes to the kernel's code", write_code},
    {"null", "calls a null pointer", call_null},
    {"stack", "calls itself without end", fill_stack},
    {"divide", "divides by zero", divide_by_zero},
    {"opcode", "executes an invalid instruction", cpu_undefined},
    {"free", "frees a block twice", free_block_twice},
    {"lock", "takes a lock twice", lock_twice},
    {"panic", "gives up", give_up},
    {"breakpoint", "is reported, and the kernel goes on", cpu_breakpoint},
};

enum { FAULT_COUNT = sizeof(faults) / sizeof(faults[0]) };

bool faults_commit(const char *name)
{
    for (size_t i = 0; i < FAULT_COUNT; i++) {
        if (strcmp(faults[i].name, name) == 0) {
            faults[i].commit();
            return true;
        }
    }
    return false;
}

void faults_print(void)
{
    for (size_t i = 0; i < FAULT_COUNT; i++) {
        kprintf("  %-10s %s\n", faults[i].name, faults[i].what);
    }
}
