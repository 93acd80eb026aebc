"""The kernel with each of the heaps that it can be linked with: all of
them pass the unit tests and run the demo; one that there is not is
refused in a line.

needs: src/mm/header_heap.h src/test/test.c src/kernel/demo.h linker.ld
when: thorough
limit: 240
"""

import os
import re
import subprocess

from machine import qemu

from support import scratch
from support.elf import Elf

HEAPS = ("page", "bump", "list", "block")
DEFAULT = "block"


def runs_with(kernel):
    """The heaps that the kernel can run with.  Tasks live as long as the
    kernel does, and a bump heap has nothing back before all is freed."""
    has_tasks = os.path.exists(
        os.path.join(kernel.tree, "src/task/executor.c"))
    return [heap for heap in HEAPS if heap != "bump" or not has_tasks]


def directory(kernel, heap):
    """Where the kernel with this heap is built."""
    return scratch.build_directory(kernel.tree, "ALLOCATOR=" + heap)


def image(kernel, heap, target):
    """An image of the kernel with this heap."""
    path = os.path.join(directory(kernel, heap), target)
    scratch.make(kernel.tree, os.path.relpath(path, kernel.tree),
                 "ALLOCATOR=" + heap)
    return path


def unit_tests(kernel, heap, memory):
    """The unit tests pass on a machine with this memory; how many."""
    machine = kernel.machine(image=image(kernel, heap, "tests/unit.iso"),
                             memory=memory)
    status = machine.wait_exit(60)
    text = machine.serial()
    failed = [line for line in text.split("\n") if "[failed]" in line]
    assert status == qemu.EXIT_SUCCESS and not failed, (
        "ALLOCATOR=%s with %s: %s; %s" % (
            heap, memory, machine.how_it_ended(), ", ".join(failed)))
    machine.close()
    return len(re.findall(r"\[ok\]", text))


def test_the_unit_tests_pass_over_every_heap(kernel):
    """With 32 MiB, and with as much as usual."""
    for heap in runs_with(kernel):
        for memory in ("32M", "128M"):
            assert unit_tests(kernel, heap, memory) > 20, (
                "ALLOCATOR=%s has hardly any test" % heap)


def test_the_demo_runs_over_every_heap(kernel):
    """To its end, or to where somebody has to type."""
    for heap in runs_with(kernel):
        machine = kernel.machine(image=image(kernel, heap, "kernel.iso"))
        machine.wait_screen("Type a command"
                            if os.path.exists(os.path.join(
                                kernel.tree, "src/kernel/monitor.c"))
                            else "It did not crash!")
        machine.close()


def test_a_heap_has_its_own_directory(kernel):
    """None builds over another; the default is one of the four."""
    paths = {os.path.realpath(directory(kernel, heap)) for heap in HEAPS}
    assert len(paths) == len(HEAPS), "they share: %s" % ", ".join(paths)
    assert os.path.realpath(directory(kernel, DEFAULT)) == os.path.realpath(
        scratch.build_directory(kernel.tree)), (
            "`make` and `make ALLOCATOR=%s` build different things"
            % DEFAULT)


def test_the_heap_is_what_was_asked_for(kernel):
    """The same sources make the same objects, whichever heap is chosen,
    and the linker gives kernel_heap the address of that heap."""
    known = {}
    for heap in HEAPS:
        elf = Elf(os.path.splitext(image(kernel, heap, "kernel.iso"))[0]
                  + ".elf")
        assert elf.address("kernel_heap") == elf.address(heap + "_heap"), (
            "ALLOCATOR=%s is another heap" % heap)
        top = directory(kernel, heap)
        for base, _, names in os.walk(os.path.join(top, "src")):
            for name in names:
                if name.endswith(".o"):
                    path = os.path.join(base, name)
                    with open(path, "rb") as file:
                        content = file.read()
                    name = os.path.relpath(path, top)
                    assert known.setdefault(name, content) == content, (
                        "%s is another one with ALLOCATOR=%s" % (
                            name, heap))


def refusal(kernel, value):
    """What make says, its status, of a heap that there is not."""
    process = subprocess.run(
        ["make", "-s", "ALLOCATOR=" + value], cwd=kernel.tree,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, check=False, env={
            name: text for name, text in os.environ.items()
            if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")})
    return process.returncode, process.stdout.decode("utf-8", "replace")


def test_an_unknown_heap_is_refused_in_a_line(kernel):
    """It says what it was, and what there is."""
    for value in ("nonsense", "Block", "blocks", "page bump", "%",
                  "../x", "-"):
        status, said = refusal(kernel, value)
        lines = said.strip().split("\n")
        assert status != 0, "ALLOCATOR=%s builds something" % value
        assert len(lines) == 1, "ALLOCATOR=%s:\n%s" % (value, said)
        for word in (value, "ALLOCATOR") + HEAPS:
            assert word in lines[0], "ALLOCATOR=%s: %s" % (value, said)
