"""Stacks that overflow, and what is left when no handler can be called:
whatever happens is named, and nothing resets the machine.

needs: src/arch/gdt.c src/arch/stacks.c src/arch/interrupts.c
needs: src/kernel/exceptions.c src/kernel/demo.h linker.ld
once: src/arch/interrupts.* src/arch/gdt.* src/arch/stacks.*
once: src/kernel/exceptions.* src/kernel/panic.* src/lib/exception.*
once: src/lib/backtrace.* src/kernel/console.* src/drivers/vga.*
once: src/drivers/serial.* src/lib/terminal.* src/lib/format.*
once: src/sync/* linker.ld
"""

from support.boot import rest
from support.moment import STAND, interrupt_stacks, moment
from support.report import Report, check_callers, page_fault

SIZE = 16 * 1024    # of each stack
PAGE = 4096

FLAGS = 2           # the bit that is always set; interrupts are off

# The kernel's numbers of its stacks, which are those of the IST.
DOUBLE_FAULT, NMI, MACHINE_CHECK = 1, 2, 3

DEMO = r"""
#include "kernel/demo.h"

#include <stddef.h>

#include "arch/cpu.h"
#include "arch/interrupts.h"
#include "kernel/panic.h"
""" + STAND + r"""
// The compiler must believe that this can end.
static volatile unsigned limit = (unsigned)-1;

static unsigned recurse(unsigned depth)
{
    if (depth == limit) {
        return 0;
    }
    return recurse(depth + 1) + 1;
}

void overflow(void);
void overflow(void)
{
    limit += recurse(0);
}

// The next one of the same vector is reported.
static void overflow_in_handler(struct trap_frame *frame)
{
    interrupts_handle((unsigned)frame->vector, NULL);
    overflow();
}

// Needs no stack.
void idle(void);
__asm__(".text\n"
        ".type idle, @function\n"
        "idle: hlt\n"
        "jmp idle\n");

void overflow_there(void);
void overflow_there(void)
{
    interrupts_handle(VECTOR_DOUBLE_FAULT, overflow_in_handler);
    overflow();
}

void overflow_in_nmi(void);
void overflow_in_nmi(void)
{
    interrupts_handle(VECTOR_NMI, overflow_in_handler);
    idle();
}

void overflow_in_machine_check(void);
void overflow_in_machine_check(void)
{
    interrupts_handle(VECTOR_MACHINE_CHECK, overflow_in_handler);
    idle();
}

void overflow_in_report(void);
void overflow_in_report(void)
{
    panic_set_handler(overflow);
    overflow();
}

void overflow_without_stack(void);
void overflow_without_stack(void)
{
    interrupts_use_stack(VECTOR_DOUBLE_FAULT, STACK_BOOT);
    overflow();
}

void demo(void)
{
    cpu_breakpoint();
    stand();
}
"""


def stand(kernel):
    """The kernel, about to do what a test wants of it."""
    return moment(kernel, "double-faults", DEMO)


def inject_nmi(machine):
    """As a button on old servers does."""
    machine.qmp("inject-nmi")


def inject_machine_check(machine):
    """An uncorrected error of the hardware."""
    machine.monitor("mce 0 9 0xbd00000000000000 0x5 0x1000 0")


def report_of(now, stack):
    """The report of a kernel that gives up on this stack (its IST
    number, 0 for the boot stack); it is on the serial line, too."""
    # Until then it may be asleep, and look as if it rested.
    now.machine.wait_serial(lambda _: "kernel panic" in now.serial())
    rest(now.machine)
    assert now.machine.halted_for_ever(), "it halts with interrupts on"
    registers = now.machine.registers()
    top = top_of(now, stack)
    assert top - SIZE <= registers["rsp"] < top, (
        "it halts with rsp = %#x, not on the stack from %#x to %#x" % (
            registers["rsp"], top - SIZE, top))
    report = Report(now.machine.screen())
    said = now.serial()
    assert said.endswith("\n".join(report.lines) + "\n"), (
        "the serial line says\n" + said)
    return report


def top_of(now, stack):
    """Where a stack begins."""
    if stack == 0:
        return now.elf.address("stacks") + PAGE + SIZE
    return interrupt_stacks(now.machine)[stack]


def check_overflow(now, name, stack):
    """A double fault tells of that stack's overflow, and the address is
    in the page below it."""
    report = report_of(now, DOUBLE_FAULT)
    assert report.message == "kernel panic: double fault (exception 8)", (
        "it begins with %r" % report.message)
    told = report.cause
    bottom = top_of(now, stack) - SIZE
    begin = "overflow of the %s stack, at 0x" % name
    assert told[:1] == ["error code 0x0"], "it says %r" % told
    assert len(told) == 2 and told[1].startswith(begin), (
        "it tells %r, expected %r" % (told[1:], begin))
    address = int(told[1][len(begin):], 16)
    assert bottom - PAGE <= address < bottom, (
        "the address is %#x, the page below the stack begins at %#x"
        % (address, bottom - PAGE))
    return report


def test_an_overflow_of_the_boot_stack(kernel):
    """Named, with those who called."""
    now = stand(kernel)
    now.call("overflow")
    report = check_overflow(now, "boot", 0)
    assert report.functions(now.elf)[:3] == ["recurse"] * 3, (
        "it was called by " + ", ".join(report.functions(now.elf)))


def test_an_overflow_of_the_double_fault_stack(kernel):
    """A handler of the double fault that recurses."""
    now = stand(kernel)
    now.call("overflow_there")
    check_overflow(now, "double fault", DOUBLE_FAULT)


def test_an_overflow_of_the_nmi_stack(kernel):
    """A handler of the non-maskable interrupt that recurses."""
    now = stand(kernel)
    now.call("overflow_in_nmi", until="idle")
    inject_nmi(now.machine)
    check_overflow(now, "NMI", NMI)


def test_an_overflow_of_the_machine_check_stack(kernel):
    """A handler of the machine check that recurses."""
    now = stand(kernel)
    now.call("overflow_in_machine_check", until="idle")
    inject_machine_check(now.machine)
    check_overflow(now, "machine check", MACHINE_CHECK)


def test_an_overflow_in_the_report_of_another(kernel):
    """The stack on which it is printed: one fixed line, and a halt."""
    now = stand(kernel)
    now.call("overflow_in_report")
    report = report_of(now, DOUBLE_FAULT)
    assert report.lines[-1] == "panic within a panic", (
        "it ends with %r" % report.lines[-1])
    told = [line for line in report.lines if "overflow of" in line]
    assert len(told) == 1 and "the boot stack" in told[0], (
        "it tells %r" % told)


def test_a_non_maskable_interrupt_has_its_stack(kernel):
    """A kernel that is asleep, with a stack pointer that is good for
    nothing: the NMI's is another one."""
    now = stand(kernel)
    now.gdb.set(rsp=0, flags=FLAGS)
    now.call("idle")
    inject_nmi(now.machine)
    report = report_of(now, NMI)
    assert report.message == (
        "kernel panic: non-maskable interrupt (exception 2)"), report.message
    assert report.registers["rsp"] == 0, "\n".join(report.lines)


def test_nothing_follows_a_report(kernel):
    """Whatever wakes the machine after its report is ignored: an NMI, and
    another one."""
    now = stand(kernel)
    now.call("overflow")
    report_of(now, DOUBLE_FAULT)
    shown, said = now.machine.screen().text, now.serial()
    for _ in range(3):
        inject_nmi(now.machine)
        rest(now.machine)
    assert now.machine.screen().text == shown, now.machine.screen().text
    assert now.serial() == said, "the serial line says more: %r" % (
        now.serial()[len(said):])


def test_a_machine_check_has_its_stack(kernel):
    """The same of the machine check."""
    now = stand(kernel)
    now.gdb.set(rsp=0, flags=FLAGS)
    now.call("idle")
    inject_machine_check(now.machine)
    report = report_of(now, MACHINE_CHECK)
    assert report.message == (
        "kernel panic: machine check (exception 18)"), report.message
    assert report.registers["rsp"] == 0, "\n".join(report.lines)


def test_a_stack_pointer_that_is_lost(kernel):
    """An access through NULL has no place for its frame: a double fault,
    and no stack is blamed."""
    now = stand(kernel)
    now.gdb.set(rsp=8, flags=FLAGS)
    now.call("overflow")
    report = report_of(now, DOUBLE_FAULT)
    assert report.message == "kernel panic: double fault (exception 8)", (
        report.message)
    assert not any("overflow" in line for line in report.lines), (
        "\n".join(report.lines))


def test_a_gate_that_is_not_present(kernel):
    """A page fault whose handler cannot be called is a double fault."""
    now = stand(kernel)
    gate = now.machine.registers()["idt"] + 16 * 14 + 5
    now.gdb.write(gate, b"\x0e")
    now.gdb.set(rip=0)
    now.gdb.go()
    report = report_of(now, DOUBLE_FAULT)
    assert report.message == "kernel panic: double fault (exception 8)", (
        report.message)
    assert report.registers["rip"] == 0, "\n".join(report.lines)


def test_a_call_through_null(kernel):
    """A page fault that names the address 0 and the caller."""
    now = stand(kernel)
    # demo() has called stand(), which now is at 0.
    now.gdb.set(rip=0)
    now.gdb.go()
    report = report_of(now, 0)
    assert report.message == "kernel panic: page fault (exception 14)", (
        report.message)
    assert report.cause == [
        "error code 0x10: fetch, page not present"] + page_fault(
            kernel, now.machine, 0), "\n".join(report.lines)
    check_callers(report, now.elf, ["demo", "kernel_main"])


def test_selectors_are_null_after_an_interrupt(kernel):
    """The demo's breakpoint has returned: cs is 8, all data selectors
    are 0."""
    registers = stand(kernel).machine.registers()
    found = {name: registers[name]
             for name in ("cs", "ss", "ds", "es", "fs", "gs")}
    assert found == {"cs": 8, "ss": 0, "ds": 0, "es": 0, "fs": 0,
                     "gs": 0}, found


def test_without_its_own_stack_the_machine_resets(kernel):
    """The same overflow, with the double fault's stack taken away, is a
    triple fault: the stack is what makes the difference.  The last one,
    for it ends the machine."""
    now = stand(kernel)
    try:
        now.call("overflow_without_stack")
    except (OSError, AssertionError):
        pass    # it is gone before it has answered
    now.machine.wait_exit()
    assert now.machine.how_it_ended() == "the machine was reset", (
        now.machine.how_it_ended())
