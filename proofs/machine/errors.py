"""The four checks before long mode: each refusal is a red screen and a
processor at rest.

needs: src/boot/checks.asm linker.ld
once: src/boot/boot.asm src/boot/checks.asm src/boot/header.asm
"""

from support import screen
from support.boot import check_loop, rest
from support.gdb import FLAG_DIRECTION, FLAG_ID
from support.start import at_start

WHITE_ON_RED = 0x4F

# CPUID's extended functions, and bits of EDX (SDM Vol. 2A, CPUID).
HOW_FAR = 0x80000000
FEATURES = 0x80000001
LONG_MODE = 1 << 29
NO_EXECUTE = 1 << 20


# What the screen says, by number.
REASONS = (
    "the loader does not follow Multiboot2",
    "this CPU is too old: it has no CPUID",
    "this CPU has no 64-bit mode",
    "this CPU cannot forbid execution: no NX bit",
)


def refused(machine, digit):
    """The machine shows ERR:, the number and why, and nothing else."""
    rest(machine)
    screen.expect(machine, ["ERR: %d (%s)" % (digit, REASONS[digit])],
                  WHITE_ON_RED)
    assert machine.registers()["cr0"] >> 31 == 0, "paging is on"
    check_loop(machine)


def with_answer(kernel, function, **changes):
    """A machine whose CPUID gives another answer to this function: the
    values by register, each made from the true one."""
    machine, gdb = at_start(kernel)
    for _ in range(100):
        registers = gdb.registers()
        is_cpuid = gdb.memory(registers["rip"], 2) == b"\x0f\xa2"
        gdb.step()
        if is_cpuid and registers["rax"] & 0xFFFFFFFF == function:
            answer = gdb.registers()
            gdb.set(**{name: change(answer[name])
                       for name, change in changes.items()})
            gdb.go()
            return machine
    raise AssertionError("the kernel does not ask for CPUID %#x" % function)


def test_a_cpu_without_long_mode_is_refused(kernel):
    """`-cpu qemu32`, which lacks more than that, and a 64-bit CPU with
    nothing but long mode taken away."""
    refused(kernel.machine(cpu="qemu32"), 2)
    refused(with_answer(kernel, FEATURES,
                        rdx=lambda rdx: rdx & ~LONG_MODE), 2)


def test_a_cpu_without_no_execute_is_refused(kernel):
    """A 64-bit CPU with nothing but that taken away."""
    refused(with_answer(kernel, FEATURES,
                        rdx=lambda rdx: rdx & ~NO_EXECUTE), 3)


def test_another_loader_is_refused(kernel):
    """A wrong number in EAX.  The direction flag is set as well: a
    loader may leave it so, and the screen must be cleared upwards."""
    machine, gdb = at_start(kernel)
    flags = gdb.registers()["flags"]
    gdb.set(rax=0x2BADB002, flags=flags | FLAG_DIRECTION)
    gdb.go()
    refused(machine, 0)


def test_a_cpu_without_cpuid_is_refused(kernel):
    """A CPU that has no CPUID cannot change bit 21 of EFLAGS: when the
    kernel has tried to, the bit is put back."""
    machine, gdb = at_start(kernel)
    before = gdb.registers()["flags"] & FLAG_ID
    for _ in range(100):
        is_popfd = gdb.memory(gdb.registers()["rip"], 1) == b"\x9d"
        gdb.step()
        if is_popfd:
            break
    else:
        raise AssertionError("the kernel does not try to change EFLAGS")
    flags = gdb.registers()["flags"]
    assert flags & FLAG_ID != before, "popfd left bit 21 as it was"
    gdb.set(flags=flags ^ FLAG_ID)
    gdb.go()
    refused(machine, 1)


def test_a_cpu_without_the_features_leaf_is_refused(kernel):
    """CPUID must go as far as the function that tells of long mode:
    beyond its last one it answers with something else."""
    refused(kernel.machine(cpu="pentium2"), 2)
    refused(with_answer(kernel, HOW_FAR, rax=lambda _: HOW_FAR), 2)
    machine = with_answer(kernel, HOW_FAR, rax=lambda _: FEATURES)
    rest(machine)
    assert machine.registers()["cr0"] >> 31 == 1, (
        "the kernel did not start:\n" + machine.screen().text)


def test_cpuid_is_found_whatever_the_bit_was(kernel):
    """A loader may leave bit 21 of EFLAGS set."""
    machine, gdb = at_start(kernel)
    gdb.set(flags=gdb.registers()["flags"] | FLAG_ID)
    gdb.go()
    rest(machine)
    assert machine.registers()["cr0"] >> 31 == 1, (
        "the kernel did not start:\n" + machine.screen().text)
