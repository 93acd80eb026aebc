"""What makes the kernel freestanding, read from its ELF file: it needs
nothing and nobody, and uses no register that nobody saves.

needs: src/lib/string.c
"""

import re

from support import code, scratch
from support.boot import elf
from support.elf import (PF_W, PF_X, PT_DYNAMIC, PT_GNU_STACK, PT_INTERP,
                         SHT_DYNAMIC, SHT_REL, SHT_RELA)

EXECUTABLE = 2
X86_64 = 62
MEMORY_FUNCTIONS = ("memcpy", "memmove", "memset", "memcmp")


def test_it_is_an_executable_for_x86_64(kernel):
    """Of a fixed address, not one that a loader may choose."""
    assert elf(kernel).type == EXECUTABLE, "its type is %d" % elf(kernel).type
    assert elf(kernel).machine == X86_64, (
        "its machine is %d" % elf(kernel).machine)


def test_it_begins_at_start(kernel):
    """The entry point is _start, in a segment of code."""
    entry = elf(kernel).entry
    start = elf(kernel).address("_start")
    assert entry == start, "it begins at %#x, _start is at %#x" % (entry,
                                                                   start)
    for segment in elf(kernel).loaded():
        if segment.address <= entry < segment.address + segment.file_size:
            assert segment.flags & PF_X, "_start is not in code"
            return
    raise AssertionError("_start is not loaded")


def test_it_needs_nobody(kernel):
    """No undefined symbol, no interpreter, no dynamic library, no
    relocation left."""
    undefined = [symbol.name for symbol in elf(kernel).symbols
                 if symbol.section == 0]
    assert not undefined, "undefined: " + ", ".join(undefined)
    kinds = [segment.kind for segment in elf(kernel).segments]
    assert PT_INTERP not in kinds, "it wants an interpreter"
    assert PT_DYNAMIC not in kinds, "it wants to be linked dynamically"
    for section in elf(kernel).sections:
        assert section.kind not in (SHT_REL, SHT_RELA, SHT_DYNAMIC), (
            "it has a section " + section.name)


def test_no_segment_is_writable_and_executable(kernel):
    """Nor is the stack, as far as the file says."""
    for segment in elf(kernel).segments:
        if segment.kind == PT_GNU_STACK or segment in elf(kernel).loaded():
            both = segment.flags & (PF_W | PF_X)
            assert both != PF_W | PF_X, (
                "the segment at %#x is both" % segment.address)


def test_no_vector_or_floating_point_register_is_used(kernel):
    """Nobody has switched them on, nobody saves them."""
    used = code.find(code.disassemble(kernel.elf),
                     r"%(xmm|ymm|zmm|mm|st|k)(\d|\(|\b)")
    assert not used, "\n".join(["these are used:"] + used[:5])


LEAF = """
int leaf(int n);
int leaf(int n)
{
    volatile int local[40];
    for (int i = 0; i < 40; i++) {
        local[i] = n + i;
    }
    return local[n & 31];
}
"""


def test_the_red_zone_is_not_used(kernel):
    """Nothing is kept below the stack pointer, where an interrupt
    writes: not in the kernel, and not in a function that calls nobody
    and would have use for it."""
    used = code.find(code.disassemble(kernel.elf), r"-0x[0-9a-f]+\(%rsp")
    assert not used, "\n".join(["these use it:"] + used[:5])
    leaf = code.disassemble(scratch.variant(
        kernel, "leaf", {"src/lib/leaf.c": LEAF}, "src/lib/leaf.c.o"))
    texts = [instruction.text for instruction in leaf["leaf"]]
    below = [int(offset, 16) for text in texts
             for offset in re.findall(r"-(0x[0-9a-f]+)\(%r[bs]p", text)]
    room = sum(int(size, 16) for text in texts
               for size in re.findall(r"^sub\s+\$(0x[0-9a-f]+),%rsp", text))
    room += 8 * sum(text.startswith("push") for text in texts)
    assert max(below) <= room, (
        "it uses %d bytes below where its stack ends:\n%s" % (
            max(below) - room, "\n".join(texts)))


def test_no_help_of_a_library_is_expected(kernel):
    """Nothing reads the thread's block, where the stack protector has
    its secret; no landing pads for a CPU's guard that is off."""
    used = code.find(code.disassemble(kernel.elf), r"%fs:0x28|endbr64")
    assert not used, "\n".join(["these are there:"] + used[:5])


def test_every_frame_has_a_frame_pointer(kernel):
    """Each function of C that calls another saves rbp and sets it, for
    backtraces; none jumps to another instead of calling it."""
    functions = code.disassemble(kernel.elf)
    written_in_c = {symbol.name for symbol in elf(kernel).symbols
                    if symbol.kind == 2}
    for name in sorted(written_in_c & set(functions)):
        texts = [instruction.text for instruction in functions[name]]
        calls = any(re.match(r"call", text) for text in texts)
        framed = any(re.match(r"mov\s+%rsp,%rbp", text) for text in texts)
        assert framed or not calls, "%s calls and has no frame" % name
        for text in texts:
            jump = re.match(r"jmp\s+[0-9a-f]+ <([^+>]+)>$", text)
            assert not jump or jump[1].split(".")[0] == name, (
                "%s jumps to %s instead of calling it" % (name, jump[1]))


def test_the_memory_functions_are_there(kernel):
    """GCC may call these four in any kernel."""
    for name in MEMORY_FUNCTIONS:
        symbol = elf(kernel).symbol(name)
        assert symbol and symbol.section, "there is no %s" % name


def test_the_memory_functions_call_nobody(kernel):
    """A memset whose loop GCC turned into a call of memset never
    returns."""
    functions = code.disassemble(kernel.elf)
    for name in MEMORY_FUNCTIONS:
        for instruction in functions[name]:
            assert not re.match(r"call", instruction.text), (
                "%s: %s" % (name, instruction.text))
