// Interrupts that no device asked for, by entering the last gate of
// each controller: they are counted, nothing of the devices' is ended,
// and the timer goes on.  `int n` pushes what the CPU pushes there: no
// error code.
// needs: src/drivers/pic.h src/drivers/pic.c src/kernel/timer.h
// needs: src/kernel/init.c src/test/test.c src/drivers/qemu.c
// once: src/drivers/pic.* src/drivers/pit.* src/kernel/timer.*
// once: src/sync/* src/arch/interrupts.* src/arch/gdt.*
// once: src/arch/stacks.*
#include "drivers/pic.h"

#include <stddef.h>

#include "arch/cpu.h"
#include "arch/io.h"
#include "drivers/qemu.h"
#include "drivers/serial.h"
#include "kernel/kernel.h"
#include "kernel/timer.h"
#include "test/test.h"

enum { FIRST = 0x20, SECOND = 0xa0 };
enum { TIMES = 100 };

static void enter_7(void)
{
    __asm__ volatile("int $0x27" : : : "memory");
}

static void enter_15(void)
{
    __asm__ volatile("int $0x2f" : : : "memory");
}

// What a controller has in service.
static uint8_t in_service(port_t command)
{
    io_write8(command, 0x0b);
    return io_read8(command);
}

static void check_idle(void)
{
    cpu_disable_interrupts();
    CHECK_EQUAL(in_service(FIRST), 0);
    CHECK_EQUAL(in_service(SECOND), 0);
    cpu_enable_interrupts();
}

static void wait_ticks(unsigned count)
{
    uint64_t end = timer_ticks() + count;
    while (timer_ticks() < end) {
        cpu_wait_for_interrupt();
    }
}

TEST(spurious_interrupts_leave_nothing_behind)
{
    for (unsigned i = 0; i < TIMES; i++) {
        enter_7();
    }
    for (unsigned i = 0; i < TIMES; i++) {
        enter_15();
    }
    check_idle();
}

TEST(the_timer_goes_on_after_them)
{
    enter_7();
    enter_15();
    wait_ticks(3);
    check_idle();
}

static uint8_t within;
static unsigned calls;

// The timer's own interrupt is in service here.
static void enter_from_handler(uint64_t ticks)
{
    (void)ticks;
    calls++;
    enter_7();
    within = in_service(FIRST);
}

TEST(another_interrupt_is_not_ended_by_them)
{
    calls = 0;
    timer_set_handler(enter_from_handler);
    wait_ticks(3);
    timer_set_handler(NULL);
    CHECK(calls >= 3);
    CHECK_EQUAL(within, 1);
    wait_ticks(2);
    check_idle();
}


TEST(only_what_was_asked_for_is_open)
{
    CHECK_EQUAL(io_read8(FIRST + 1), 0xfc);
    CHECK_EQUAL(io_read8(SECOND + 1), 0xff);
}

void kernel_main(uint32_t boot_info)
{
    kernel_init(boot_info);
    unsigned failures = test_run_all();
    serial_drain();
    qemu_exit(failures == 0 ? QEMU_SUCCESS : QEMU_FAILURE);
}
