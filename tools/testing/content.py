"""What a test's result depends on, as a digest of all of it.

Two trees with a program of the same content need to run it once, and what
was green is remembered by its content (common/memory.py).  Anything that
differs by a bit is another content: nothing is judged by its name.
"""

import os
import re
import shutil
import sys

from common import files

from . import qemu
from .trees import make_variables

# Variables that change what a program or its runner does, and what is the
# same as nothing: make exports it if nobody says otherwise.
VARIABLES = {
    "ACCEL": "", "ALLOCATOR": "", "ASAN_OPTIONS": "", "CC": "",
    "CROSS_COMPILE": "", "GDB": "gdb", "GDB_FLAGS": "", "GRUB_MKRESCUE": "",
    "GRUB_MODULES": "", "HOSTCC": "", "LD": "", "MEMORY": "", "NASM": "",
    "OBJCOPY": "", "OPT": "-O2", "QEMU": "qemu-system-x86_64",
    "QEMU_FLAGS": "", "STRICT": "", "TIMEOUT": "", "UBSAN_OPTIONS": "",
}
# Programs that proofs call; another version is another file.
PROGRAMS = (
    "as", "cc", "clang", "gcc", "gdb", "gdb-multiarch", "grub-file",
    "grub-mkrescue", "ld", "make", "nasm", "nm", "objcopy", "objdump",
    "readelf", "size", "xorriso", "x86_64-elf-gcc", "x86_64-elf-ld",
    "x86_64-linux-gnu-gcc", "x86_64-linux-gnu-ld",
)
# Tools that run no test.
OTHER_TOOLS = ("book", "book.py", "mutants", "mutants.py", "setup", "tests",
               "test_tools.py")


def of_program(name):
    """An installed program: where it is, how large, since when."""
    path = shutil.which(name)
    if path is None:
        return "no " + name
    path = os.path.realpath(path)
    status = os.stat(path)
    return "%s %d %d" % (path, status.st_size, status.st_mtime_ns)


class Surroundings:
    """What all programs of a run depend on: looked at once."""

    def __init__(self):
        tools = os.path.join(files.ROOT, "tools")
        variables = [word for word in sorted(make_variables().split())
                     if not re.match("(FRESH|JUNIT|THOROUGH|V)=", word)]
        self.common = files.digest(
            files.digest_below(tools, OTHER_TOOLS), sys.version,
            of_program(os.environ.get("QEMU") or VARIABLES["QEMU"]),
            *os.uname(), *variables,
            *("%s=%s" % (name, os.environ.get(name) or usual)
              for name, usual in VARIABLES.items()))
        # A proof on a machine builds variants of the tree as well.
        proofs = os.path.join(files.ROOT, "proofs")
        self.proofs = files.digest(
            files.read(os.path.join(files.ROOT, "common.mk")),
            *(files.digest_below(os.path.join(proofs, name)) for name in (
                "host/include", "host/support", "machine/support")),
            *map(of_program, PROGRAMS))

    def content(self, program):
        """The content of a program that is built."""
        parts = [*self._begin(program), files.read(program.image)]
        if program.kind == "machine":
            tree = program.tree
            parts += [self.proofs, files.digest_below(tree.directory),
                      *map(files.read, program.sources)]
            parts += [files.read(os.path.join(tree.build, name)).replace(
                tree.directory.encode(), b".")
                for name in ("commands", "host/commands")]
        return files.digest(*parts)

    def content_once(self, program):
        """The content of a proof that runs once for all trees in which
        some files are the same; None of others."""
        once = program.proof and program.proof.of_once(program.tree)
        if not once:
            return None
        return files.digest(
            *self._begin(program), self.proofs,
            *map(files.read, program.sources),
            *(part for item in sorted(once.items()) for part in item))

    def _begin(self, program):
        return [self.common, program.kind, program.id, str(program.limit),
                *program.declared()]
