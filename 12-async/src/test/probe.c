#include "test/probe.h"

#include <stddef.h>

#include "arch/cpu.h"
#include "arch/interrupts.h"

// In probe.asm; each begins with the usual `push rbp; mov rbp, rsp`.
void probe_do_read(uintptr_t address);
void probe_do_write(uintptr_t address, uint8_t value);
void probe_do_call(uintptr_t address);

static struct probe result;

// Returns from the access, as its own last instructions would: rbp
// points to what they would restore.
static void on_page_fault(struct trap_frame *frame)
{
    const uint64_t *saved = (const uint64_t *)frame->rbp;

    result.address = cpu_read_cr2();
    result.faulted = true;
    result.error_code = frame->error_code;
    frame->rbp = saved[0];
    frame->rip = saved[1];
    frame->rsp = (uintptr_t)&saved[2];
}

static void begin(void)
{
    result = (struct probe){0};
    interrupts_handle(VECTOR_PAGE_FAULT, on_page_fault);
}

static struct probe end(void)
{
    interrupts_handle(VECTOR_PAGE_FAULT, NULL);
    return result;
}

struct probe probe_read(uintptr_t address)
{
    begin();
    probe_do_read(address);
    return end();
}

struct probe probe_write(uintptr_t address, uint8_t value)
{
    begin();
    probe_do_write(address, value);
    return end();
}

struct probe probe_call(uintptr_t address)
{
    begin();
    probe_do_call(address);
    return end();
}
