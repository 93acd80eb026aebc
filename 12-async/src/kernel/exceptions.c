#include "kernel/exceptions.h"

#include <stddef.h>

#include "arch/cpu.h"
#include "arch/interrupts.h"
#include "arch/stacks.h"
#include "kernel/console.h"
#include "kernel/panic.h"
#include "kernel/walk.h"
#include "lib/exception.h"
#include "mm/heap.h"

static void print_registers(const struct trap_frame *f)
{
    kprintf("rip %016lx  rsp %016lx  rbp %016lx\n", f->rip, f->rsp,
            f->rbp);
    kprintf("rax %016lx  rbx %016lx  rcx %016lx\n", f->rax, f->rbx,
            f->rcx);
    kprintf("rdx %016lx  rsi %016lx  rdi %016lx\n", f->rdx, f->rsi,
            f->rdi);
    kprintf("r8  %016lx  r9  %016lx  r10 %016lx\n", f->r8, f->r9,
            f->r10);
    kprintf("r11 %016lx  r12 %016lx  r13 %016lx\n", f->r11, f->r12,
            f->r13);
    kprintf("r14 %016lx  r15 %016lx\n", f->r14, f->r15);
    kprintf("cs %04lx  ss %04lx  rflags %08lx\n", f->cs, f->ss,
            f->rflags);
}

static void print_error(unsigned vector, uint64_t error_code)
{
    char text[60];
    exception_explain(text, sizeof(text), vector, error_code);
    kprintf("error code 0x%lx%s%s\n", error_code,
            text[0] != '\0' ? ": " : "", text);
}

// After a call to where no code is, rbp still is the caller's own: its
// frame tells who called it, and only the top of the stack where it is.
static void print_caller(uintptr_t rsp)
{
    struct stack stack = stacks_find(rsp);
    if (rsp < stack.top && stack.top - rsp >= sizeof(uintptr_t)) {
        kprintf("called from %p\n", *(void *const *)rsp);
    }
}

// The page fault of a full stack has no room for its frame there: it
// arrives as a double fault, and cr2 still tells the address.
static void print_overflow(unsigned vector, uint64_t cr2)
{
    if (vector == VECTOR_PAGE_FAULT || vector == VECTOR_DOUBLE_FAULT) {
        const char *name = stacks_find_overflow(cr2);
        if (name != NULL) {
            kprintf("overflow of the %s stack, at %p\n", name,
                    (void *)cr2);
        }
    }
}

// The handler of every vector that has no other: it does not return.
static void report(struct trap_frame *frame)
{
    // First of all: another page fault would overwrite it.
    uint64_t cr2 = cpu_read_cr2();
    unsigned vector = (unsigned)frame->vector;

    panic_begin();
    if (vector < EXCEPTION_COUNT) {
        kprintf(": %s (exception %u)\n", exception_name(vector),
                vector);
    } else {
        kprintf(": interrupt %u has no handler\n", vector);
    }
    if (exception_has_error_code(vector)) {
        print_error(vector, frame->error_code);
    }
    if (vector == VECTOR_PAGE_FAULT) {
        kprintf("address %p (cr2)\n", (void *)cr2);
        walk_print(cr2);
        heap_explain(cr2);
    }
    print_overflow(vector, cr2);
    print_registers(frame);
    if (vector == VECTOR_PAGE_FAULT && frame->rip == cr2) {
        print_caller(frame->rsp);
    }
    panic_end(frame->rbp);
}

static void on_breakpoint(struct trap_frame *frame)
{
    kprintf("breakpoint before %p\n", (void *)frame->rip);
}

void exceptions_init(void)
{
    interrupts_init(report);
    interrupts_handle(VECTOR_BREAKPOINT, on_breakpoint);
    interrupts_use_stack(VECTOR_DOUBLE_FAULT, STACK_DOUBLE_FAULT);
    interrupts_use_stack(VECTOR_NMI, STACK_NMI);
    interrupts_use_stack(VECTOR_MACHINE_CHECK, STACK_MACHINE_CHECK);
}
