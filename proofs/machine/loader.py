"""What the kernel takes from its loader, and what it does not rely on:
the machine is stopped where GRUB hands over, and changed.

needs: src/boot/boot.asm src/kernel/main.c linker.ld
once: src/boot/boot.asm src/boot/header.asm src/kernel/kernel.h
"""

import re

from support.boot import elf, rest, sleeping_registers
from support.gdb import FLAG_DIRECTION, REGISTERS, SEGMENTS
from support.screen import without_clock
from support.start import at_start

GARBAGE = 0xDEADBEEF
CALL = 0xE8


def to_64_bit_code(gdb):
    """Steps, over calls, to the first instruction of 64-bit code."""
    for _ in range(200):
        registers = gdb.registers()
        if registers["cs"] == 8:
            return
        if gdb.memory(registers["rip"], 1)[0] == CALL:
            gdb.run_to(registers["rip"] + 5)
        else:
            gdb.step()
    raise AssertionError("the kernel does not come to 64-bit code")


def test_kernel_main_gets_the_address_of_the_boot_information(kernel):
    """What GRUB leaves in EBX is kernel_main's argument, extended with
    zeros; the stack is aligned as C expects it, and no frame is above."""
    _, gdb = at_start(kernel)
    before = gdb.registers()
    gdb.run_to(elf(kernel).address("kernel_main"))
    now = gdb.registers()
    assert before["rbx"] != 0, "GRUB gave no boot information"
    assert now["rdi"] == before["rbx"], "kernel_main(%#x), GRUB gave %#x" % (
        now["rdi"], before["rbx"])
    assert now["rsp"] % 16 == 8, (
        "RSP is %#x at the first instruction of kernel_main" % now["rsp"])
    assert now["rbp"] == 0, "RBP is %#x, expected 0" % now["rbp"]
    # Whoever walks the stack by return addresses finds an end, too.
    above = gdb.memory(now["rsp"] + 8, 16)
    assert above == bytes(16), "above the return address: %s" % above.hex()


MOVE_TO_CR0 = b"\x0f\x22\xc0"
MOVE_TO_CR4 = b"\x0f\x22\xe0"
WRITE_MSR = b"\x0f\x30"
EFER = 0xC0000080


def run_to_instruction(kernel, gdb, code):
    """Goes on to the instruction of these bytes that is nearest: two bytes
    may also be part of an address somewhere."""
    section = elf(kernel).section(".text")
    text = elf(kernel).at(section.address, section.size)
    places = [section.address + match.start()
              for match in re.finditer(re.escape(code), text)]
    assert places, "%s is nowhere" % code.hex()
    here = gdb.registers()["rip"]
    gdb.run_to(min(places, key=lambda place: abs(place - here)))
    return gdb.registers()


def test_control_registers_are_written_in_full(kernel):
    """What is moved to them: some bits a processor sets by itself, so
    that reading them back does not tell."""
    _, gdb = at_start(kernel)
    for name, code, value in (("CR4", MOVE_TO_CR4, 0x60),
                              ("EFER", WRITE_MSR, 0x900),
                              ("CR0", MOVE_TO_CR0, 0x80010033)):
        registers = run_to_instruction(kernel, gdb, code)
        assert registers["rax"] == value, "%s is given %#x, expected %#x" % (
            name, registers["rax"], value)
        if name == "EFER":
            assert registers["rdx"] == 0, "EDX is %#x" % registers["rdx"]
            assert registers["rcx"] == EFER, "ECX is %#x" % registers["rcx"]


def test_nothing_else_of_the_loader_matters(kernel):
    """Other registers, flags and control bits hold garbage; the kernel
    ends as ever."""
    machine, gdb = at_start(kernel)
    gdb.go()
    rest(machine)
    wanted, usual = sleeping_registers(machine), machine.screen()
    machine, gdb = at_start(kernel)
    values = {name: GARBAGE for name in REGISTERS[:8]
              if name not in ("rax", "rbx", "rsp")}
    # What is pushed to the BIOS's memory is lost.
    gdb.set(rsp=0xFFFFF000, flags=gdb.registers()["flags"] | FLAG_DIRECTION,
            **values)
    set_control(gdb, "cr0", 0x1 | 0x10 | 1 << 18)  # AM
    set_control(gdb, "cr4", 0x600)                 # OSFXSR, OSXMMEXCPT
    gdb.go()
    rest(machine)
    registers = sleeping_registers(machine)
    for name in ["cr0", "cr3", "cr4", "efer", "rsp", "rip"] + SEGMENTS:
        assert registers[name] == wanted[name], "%s is %#x, expected %#x" % (
            name.upper(), registers[name], wanted[name])
    assert registers["rflags"] & FLAG_DIRECTION == 0, "RFLAGS is %#x" % (
        registers["rflags"])
    assert without_clock(machine.screen()) == without_clock(usual), (
        "another screen than usual")


def set_control(gdb, name, value):
    """Changes a control register, which QEMU numbers after the six
    segments, the two bases and the base of the kernel's GS."""
    number = {"cr0": 27, "cr2": 28, "cr3": 29, "cr4": 30}[name]
    answer = gdb.ask("P%x=%s" % (number, value.to_bytes(8, "little").hex()))
    assert answer == "OK", "QEMU does not set %s: %r" % (name, answer)


def test_high_halves_of_registers_are_cleared(kernel):
    """After 32-bit code they are undefined (SDM Vol. 1): here they are
    garbage when the first instruction of 64-bit code is next."""
    machine, gdb = at_start(kernel)
    to_64_bit_code(gdb)
    registers = gdb.registers()
    changed = {name: registers[name] | GARBAGE << 32
               for name in REGISTERS[:8]}
    gdb.set(**changed)
    gdb.run_to(elf(kernel).address("kernel_main"))
    now = gdb.registers()
    assert now["rdi"] >> 32 == 0, "kernel_main(%#x)" % now["rdi"]
    assert now["rsp"] >> 32 == 0, "RSP is %#x" % now["rsp"]
    assert now["rbp"] == 0, "RBP is %#x" % now["rbp"]
    gdb.go()
    rest(machine)
