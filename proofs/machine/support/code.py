"""The instructions of a kernel, function by function."""

import collections
import re
import subprocess

from machine import faults

Instruction = collections.namedtuple("Instruction", "address text")


def disassemble(path):
    """The functions of an ELF or object file: name -> instructions, in
    AT&T's notation, where a memory operand is told by its brackets."""
    command = [faults.binutils("objdump"), "-d", "--no-show-raw-insn", path]
    output = subprocess.run(command, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, check=True,
                            universal_newlines=True).stdout
    functions = collections.OrderedDict()
    current = None
    for line in output.splitlines():
        label = re.fullmatch(r"[0-9a-f]+ <(.+)>:", line)
        if label:
            current = functions.setdefault(label[1], [])
            continue
        found = re.match(r"\s*([0-9a-f]+):\s+(.+)", line)
        if found and current is not None:
            text = found[2].split("#")[0].strip()
            current.append(Instruction(int(found[1], 16), text))
    assert functions, "objdump shows no instruction of %s" % path
    return functions


def find(functions, pattern):
    """The instructions that match, as `function: instruction`."""
    return ["%s: %s" % (name, instruction.text)
            for name, instructions in functions.items()
            for instruction in instructions
            if re.search(pattern, instruction.text)]
