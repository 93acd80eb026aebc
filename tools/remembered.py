"""What went into a test's result, and results that need not be found again.

A program's *content* is a digest of everything that its result depends
on.  Two trees with a program of the same content need to run it once; and
what was green is remembered by its content for a day, in a file of its
own under build/remembered/.  Anything that differs by a bit is another
content: nothing is ever judged by its name or its date.

Runs over several trees use this (see test.py).  So does the proof of the
book, whose reader's tree at a chapter's end is that chapter's: it names
the directory of what is remembered in REMEMBERED, and in REMEMBERED_PATH
where programs are looked for, since it puts compilers of its own in front.
"""

import hashlib
import json
import os
import re
import shutil
import struct
import sys
import time

from common import files
from machine import qemu

ROOT = files.ROOT
BY_BOOK = "REMEMBERED" in os.environ
DIRECTORY = (os.environ.get("REMEMBERED")
             or os.path.join(ROOT, "build", "remembered"))
DAY = 86400

# Variables that change what a program or its runner does.  A tree's make
# names what it takes if nothing is said; that is the same as nothing.
VARIABLES = (
    "ACCEL", "ALLOCATOR", "ASAN_OPTIONS", "CC", "CROSS_COMPILE", "GDB",
    "GDB_FLAGS", "GRUB_MKRESCUE", "GRUB_MODULES", "HOSTCC", "LD", "MEMORY",
    "NASM", "OBJCOPY", "OBJDUMP", "OPT", "QEMU", "QEMU_FLAGS", "STRICT",
    "TIMEOUT", "UBSAN_OPTIONS",
)
DEFAULTS = {"GDB": "gdb", "OPT": "-O2", "QEMU": "qemu-system-x86_64"}
# And programs that it names.
TOOLS = {"NM": "nm", "READELF": "readelf", "SIZE": "size"}
# Programs that proofs call; another version is another file.
PROGRAMS = (
    "ar", "as", "cc", "clang", "gcc", "gdb", "gdb-multiarch", "grub-file",
    "grub-mkrescue", "ld", "make", "nasm", "nm", "objcopy", "objdump",
    "readelf", "xorriso", "x86_64-elf-gcc", "x86_64-elf-ld",
    "x86_64-linux-gnu-gcc", "x86_64-linux-gnu-ld",
)


class Unreadable(Exception):
    """Something that goes into a result cannot be read."""


# --- What things consist of -------------------------------------------

def digest(*parts):
    """One digest of some texts or byte strings, in their order."""
    result = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        result.update(b"%d:" % len(data))
        result.update(data)
    return result.hexdigest()


def of_file(path, missing=False):
    """A file's bytes; with `missing` it need not be there."""
    try:
        with open(path, "rb") as file:
            return digest(file.read())
    except OSError as error:
        if missing and not os.path.exists(path):
            return "none"
        raise Unreadable(str(error)) from None


def of_directory(directory, skip=None):
    """All files below a directory, names and bytes."""
    parts = []
    for base, directories, names in os.walk(directory):
        directories[:] = sorted(name for name in directories
                                if name not in ("__pycache__", skip)
                                and not name.startswith("."))
        for name in sorted(names):
            path = os.path.join(base, name)
            parts += [os.path.relpath(path, directory), of_file(path)]
    return digest(*parts)


# An ELF file's program header; the two types that are of interest.
HEADER = struct.Struct("<IIQQQQQQ")
LOAD, NOTE = 1, 4
# Where the ELF header says where the section headers are: behind the
# debugging information, so that it depends on its size.
SECTIONS = ((0x28, 0x30), (0x3A, 0x40))


def of_executable(path):
    """What the system loads of an executable: not its debugging
    information, which names the directory it was built in, nor the
    linker's digest of that (a note)."""
    try:
        with open(path, "rb") as file:
            data = bytearray(file.read())
    except OSError as error:
        raise Unreadable(str(error)) from None
    if data[:6] != b"\x7fELF\x02\x01":
        return digest(bytes(data))      # not of a kind that we know
    try:
        table, = struct.unpack_from("<Q", data, 0x20)
        size, count = struct.unpack_from("<HH", data, 0x36)
        headers = [HEADER.unpack_from(data, table + size * number)
                   for number in range(count)]
    except struct.error as error:
        raise Unreadable("%s: %s" % (path, error)) from None
    # What lies elsewhere in memory than in the file is still the same.
    for begin, end in SECTIONS:
        data[begin:end] = bytes(end - begin)
    for kind, _, offset, _, _, length, _, _ in headers:
        if kind == NOTE:
            data[offset:offset + length] = bytes(length)
    parts = []
    for header in headers:
        parts.append(HEADER.pack(*header))
        if header[0] == LOAD:
            parts.append(bytes(data[header[2]:header[2] + header[5]]))
    return digest(*parts)


def make_variables():
    """The variables on the command line of the make that called us, but
    for those that only say what to report."""
    said = re.search(r"(?:^| )-- (.*)", os.environ.get("MAKEFLAGS", ""), re.S)
    return " ".join(word for word in (said[1].split() if said else ())
                    if not re.match(r"(FRESH|JUNIT|THOROUGH|V)=", word))


def setting(name):
    """A variable of the environment, as text; empty if it says nothing."""
    value = os.environ.get(name, "")
    if name in TOOLS:
        value = of_program(value or TOOLS[name])
    return "%s=%s" % (name, "" if value == DEFAULTS.get(name) else value)


def of_program(name):
    """An installed program: where it is, how large, since when."""
    path = shutil.which(name, path=os.environ.get("REMEMBERED_PATH"))
    if path is None:
        return "no " + name
    path = os.path.realpath(path)
    status = os.stat(path)
    return "%s %d %d" % (path, status.st_size, status.st_mtime_ns)


# --- What a test's result depends on ----------------------------------

class Surroundings:
    """What all programs of a run depend on: looked at once."""

    def __init__(self):
        try:
            machine = of_program(qemu.find_qemu())
        except qemu.QemuMissing:
            machine = "no QEMU"
        self.common = digest(
            of_directory(os.path.join(ROOT, "tools"), "tests"), machine, sys.version,
            *os.uname(), make_variables(), *map(setting, VARIABLES),
            *map(setting, TOOLS))
        self.proofs = digest(
            of_file(os.path.join(ROOT, "common.mk"), missing=True),
            *(of_directory(os.path.join(ROOT, "proofs", name))
              for name in ("host/include", "host/support",
                           "machine/support")),
            *map(of_program, PROGRAMS))

    def content(self, program, named=True):
        """The content of one of a tree's programs, when it is built;
        None if that cannot be told.  A proof on a machine may see the
        name of the tree; without `named` that does not count."""
        try:
            parts = self.begin(program)
            if program.kind == "host":
                parts.append(of_executable(program.image))
            else:
                parts.append(of_file(program.image))
            if program.kind == "machine":
                # It builds variants of the tree as well.
                tree = program.tree
                parts += [self.proofs, tree.name if named else "",
                          of_directory(tree.directory),
                          *map(of_file, program.source)]
                parts += [of_file(os.path.join(tree.build, name), True)
                          for name in ("commands", "host/commands")]
            return digest(*parts)
        except Unreadable:
            return None

    def for_book(self, program):
        """The contents under which the book's proof knows a program: its
        tree has another name, and what has to run once for several
        trees is known by what is the same in them."""
        found = [self.content(program, named=False)]
        if program.proof and program.proof.once:
            try:
                found.append(digest(
                    *self.begin(program), self.proofs,
                    *map(of_file, program.source),
                    json.dumps(program.proof.of_once(
                        program.tree.directory), sort_keys=True)))
            except Unreadable:
                pass
        return [content for content in found if content]

    def begin(self, program):
        return [self.common, program.kind, program.id, str(program.limit),
                *program.declared()]


# --- What was green ---------------------------------------------------

def recall(content):
    """The names of the tests that were green, and their seconds, or None
    if nothing is known."""
    path = os.path.join(DIRECTORY, content)
    try:
        if time.time() - os.path.getmtime(path) > DAY:
            return None
        with open(path, encoding="utf-8") as file:
            known = json.load(file)
        return [(str(name), seconds) for name, seconds in known] or None
    except (OSError, ValueError, TypeError):
        return None


def remember(content, tests):
    """Notes that these tests are green: pairs of a name and seconds."""
    path = os.path.join(DIRECTORY, content)
    temporary = "%s.%d" % (path, os.getpid())
    try:
        os.makedirs(DIRECTORY, exist_ok=True)
        with open(temporary, "w", encoding="utf-8") as file:
            json.dump(tests, file)
        os.replace(temporary, path)
    except OSError:
        pass    # a directory that cannot be written: nothing is remembered


def forget(everything=False):
    """Removes what is too old, or all."""
    try:
        names = os.listdir(DIRECTORY)
    except OSError:
        return
    for name in names:
        path = os.path.join(DIRECTORY, name)
        try:
            if everything or time.time() - os.path.getmtime(path) > DAY:
                os.remove(path)
        except OSError:
            pass
