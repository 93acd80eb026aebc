"""Used or gone: prints the functions of a kernel that nothing calls.

    cd TREE && python3 ../tools/setup/unused.py HEAP ...     (make unused)

The kernel is linked with each function in a section of its own, and the
linker says which it could leave out.  Compiled with -O0, because an
optimised caller may have swallowed a function that it does use.  Where
there are several heaps to choose from, what one of them uses is used, and
so is what the tests in src/test/ are made with.

A function that is there to be called by a reader's own code is a hook.
The tree's README.md lists it, with the reason, in a list item:

    - Hook: `panic_set_handler` lets a test see a panic.

Ends with status 1 if a function is neither called nor a hook, if a hook
is called after all or does not exist, or if there are more than five.
"""

import glob
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                ".."))

from common import files, terminal  # noqa: E402

MOST = 5

# GCC itself may call these, in any function.
COMPILERS = {"memcpy", "memmove", "memset", "memcmp"}


def make(*arguments):
    """What make says, in this directory."""
    environment = {name: value for name, value in os.environ.items()
                   if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    done = subprocess.run(
        ["make", "-s", "SECTIONS=1", "OPT=-O0", *arguments],
        env=environment, stdout=subprocess.PIPE, text=True, check=False,
        errors="replace")
    if done.returncode:
        raise terminal.Complaint("the kernel does not build, see above")
    return done.stdout.strip()


def sections(heap):
    """The functions that the kernel with a heap does without, and those
    that it has: sets of (source, name)."""
    variables = ["ALLOCATOR=" + heap]
    build = make("print-build", *variables)
    make(build + "/kernel.elf", *variables)
    text = files.read_text(build + "/kernel.map")
    start = len(build) + 1
    # First comes what was dropped, then what was kept.
    return [{(path[start:], name) for name, path in re.findall(
                r"(?m)^ \.text\.(\S+)\s+0x\w+\s+0x\w+ (\S.*)\.o$", part)}
            for part in text.split("\nLinker script and memory map", 1)]


def unused(heaps):
    """The functions that no choice of a heap uses.  What a source has from
    a header, inline, is not its own."""
    present, used = set(), set()
    tests = "".join(files.read_text(path)
                    for path in glob.glob("src/test/*.c"))
    for heap in heaps:
        dropped, kept = sections(heap)
        present |= dropped | kept
        used |= kept
    return {(path, name) for path, name in present - used
            if name not in COMPILERS
            and not re.search(r"\b%s\b" % re.escape(name), tests)
            and re.search(r"(?m)^\w.*\b%s\(" % re.escape(name),
                          files.read_text(path))}


def work():
    """Reports; the exit status."""
    heaps = sys.argv[1:]
    if not os.path.exists("src/mm/header_heap.c"):
        heaps = heaps[-1:]
    found = unused(heaps)
    hooks = re.findall(r"^- Hook: `(\w+)`", files.read_text("README.md"),
                       re.M)
    name = os.path.basename(os.getcwd())
    faults = ["%s: nothing calls %s" % one for one in sorted(found)
              if one[1] not in hooks]
    faults += ["README.md: %s is no hook: it is called, or gone" % hook
               for hook in hooks if hook not in {n for _, n in found}]
    if len(hooks) > MOST:
        faults.append("README.md: %d hooks are more than %d"
                      % (len(hooks), MOST))
    for fault in faults:
        terminal.say("%s/%s" % (name, fault))
    terminal.say("%s: %d functions that nothing calls, %d hooks" % (
        name, len(found) - len(hooks), len(hooks)))
    return 1 if faults else 0


if __name__ == "__main__":
    terminal.main("unused", work)
