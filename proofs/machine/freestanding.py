"""Chapter 1's kernel, which nobody can load yet: what its few
instructions do.

needs: src/boot/start.c src/kernel/main.c
until: linker.ld
"""

import re

from support import code


def test_start_calls_kernel_main(kernel):
    """_start is there to do that."""
    start = code.disassemble(kernel.elf).get("_start")
    assert start, "there is no function _start"
    assert any(re.search(r"(call|jmp)\s.*<kernel_main>", instruction.text)
               for instruction in start), (
        "_start: " + "; ".join(instruction.text for instruction in start))


def test_kernel_main_stays_for_ever(kernel):
    """It has a loop, and no way out of it."""
    main = code.disassemble(kernel.elf).get("kernel_main")
    assert main, "there is no function kernel_main"
    texts = [instruction.text for instruction in main]
    assert not any(re.match(r"ret", text) for text in texts), "it returns"
    loops = [instruction for instruction in main
             for target in re.findall(r"^jmp\s+([0-9a-f]+) <kernel_main",
                                      instruction.text)
             if int(target, 16) <= instruction.address]
    assert loops, "it has no loop: " + "; ".join(texts)


def test_it_is_small(kernel):
    """The code of a kernel that does nothing yet."""
    functions = code.disassemble(kernel.elf)
    first = min(i.address for f in functions.values() for i in f)
    last = max(i.address for f in functions.values() for i in f)
    assert last - first < 2048, "%d bytes of code" % (last - first)
