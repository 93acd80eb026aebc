"""Which programs there are: QEMU, GDB; and their flags."""

import os
import platform
import re
import shlex
import shutil

from common import processes

from .errors import QemuError, QemuMissing

MISSING = ("%s (%s) is missing: run ./setup.sh in the project's directory, "
           "or name yours with %s=")


def find_qemu():
    """The path of QEMU, or an exception that says how to get it."""
    name = os.environ.get("QEMU") or "qemu-system-x86_64"
    path = shutil.which(name)
    if path is None:
        raise QemuMissing(MISSING % ("QEMU", name, "QEMU"))
    return path


def find_gdb():
    """The path of a GDB that knows x86-64."""
    wanted = os.environ.get("GDB")
    names = [wanted] if wanted else []
    if wanted in (None, "", "gdb"):
        # A plain gdb of another architecture knows only that one.
        here = platform.machine() in ("x86_64", "AMD64")
        others = ["gdb-multiarch", "x86_64-elf-gdb"]
        names = ["gdb"] + others if here else others + ["gdb"]
    for name in names:
        path = shutil.which(name)
        if path is not None:
            return path
    raise QemuMissing(MISSING % ("GDB", names[0], "GDB"))


def displays():
    """The kinds of display that this QEMU was built with or can load."""
    said = processes.run([find_qemu(), "-display", "help"]).output
    return [line.strip() for line in said.splitlines()
            if re.fullmatch(r"[a-z-]+", line.strip())]


def flags_in(variable):
    """The flags that a variable of the environment holds."""
    text = os.environ.get(variable) or ""
    try:
        return shlex.split(text)
    except ValueError:
        raise QemuError("%s has a quote that is not closed: %s"
                        % (variable, text)) from None
