// A probe that is allowed does what it says and returns; and when it is
// over, a page fault is what it was before.
// needs: src/test/probe.h src/kernel/init.c src/test/test.c
// once: src/test/probe.* src/arch/interrupts.* src/arch/gdt.*
// once: src/arch/stacks.* src/kernel/exceptions.* src/kernel/panic.*
// once: src/lib/exception.* src/lib/backtrace.*
#include "test/probe.h"

#include "kernel/kernel.h"
#include "kernel/panic.h"
#include "test/test.h"

static uint8_t byte = 1;
static unsigned calls;
static volatile uintptr_t nowhere = 0xdeadbeef;

static void count_call(void)
{
    calls++;
}

static void require(bool condition, const char *otherwise)
{
    if (!condition) {
        test_fail(otherwise);
    }
}

void kernel_main(uint32_t boot_info)
{
    kernel_init(boot_info);
    test_begin("a_probe_leaves_nothing_behind");
    require(!probe_read((uintptr_t)&byte).faulted, "a read faulted");
    require(!probe_write((uintptr_t)&byte, 42).faulted,
            "a write faulted");
    require(byte == 42, "nothing was written");
    require(!probe_call((uintptr_t)count_call).faulted,
            "a call faulted");
    require(calls == 1, "nothing was called");
    require(probe_read(nowhere).faulted, "nothing faulted");

    panic_set_handler(test_pass);
    (void)*(volatile uint8_t *)nowhere;
    test_fail("a page fault was not reported");
}
