"""The tests' own machinery: a tree whose tests fail, hang, panic and
crash on purpose, and how each of them is reported.

needs: src/test/test.c src/test/test.h src/test/main.c
needs: src/kernel/panic.c src/drivers/qemu.c linker.ld
when: thorough
once: src/test/test.c src/test/test.h src/test/main.c src/kernel/panic.c
once: src/drivers/qemu.c src/drivers/serial.c src/lib/format.c
limit: 120
"""

import json
import os
import re
import subprocess
import sys

from machine import qemu

from support import scratch

BROKEN = r"""#include <stdint.h>
#include "test/test.h"

TEST(passes)
{
    CHECK(1 + 1 == 2);
    CHECK_EQUAL(-1, UINT64_MAX);
    CHECK_TEXT("", "");
}

TEST(is_false)
{
    CHECK(1 + 1 == 3);
}

TEST(has_another_value)
{
    CHECK_EQUAL(UINT64_C(0xfedcba9876543210), 1);
}

TEST(has_another_text)
{
    CHECK_TEXT("one", "one and more");
    CHECK_TEXT("one and more", "one");
    CHECK_TEXT("same", "same");
    CHECK_TEXT("a", "b");
}

TEST(passes_again)
{
    CHECK_TEXT("one", "one");
}
"""
REPORT = r"""passes... [ok]
is_false... [failed]
    lib/broken_test.c:13: 1 + 1 == 3 is false
has_another_value... [failed]
    lib/broken_test.c:18: UINT64_C(0xfedcba9876543210) is """ \
    r"""0xfedcba9876543210, expected 0x1
has_another_text... [failed]
    lib/broken_test.c:23: "one" is "one", expected "one and more"
    lib/broken_test.c:24: "one and more" is "one and more", expected "one"
    lib/broken_test.c:26: "a" is "a", expected "b"
passes_again... [ok]
"""
PANICS = r"""#include "kernel/panic.h"
#include "test/test.h"

TEST(panics)
{
    CHECK(1 + 1 == 3);
    panic("on purpose");
}
"""
PANIC_REPORT = """panics... [failed]
    test_panics_test.c:6: 1 + 1 == 3 is false

kernel panic at test_panics_test.c:7: on purpose
    panic
"""

# A kernel that is a test: what its kernel_main does.
KERNEL = r"""#include "arch/cpu.h"
#include "arch/io.h"
#include "kernel/kernel.h"
#include "kernel/panic.h"
#include "test/test.h"

void kernel_main(uint32_t boot_info)
{
    kernel_init(boot_info);
    test_begin("%s");
    %s
    for (;;) {
        cpu_halt();
    }
}
"""
# Its name: what it does, and how it must be reported.
KERNELS = {
    "passing": ("test_pass();", "ok"),
    "failing": ('test_fail("a reason");', "fail"),
    "panicking": ('panic("a reason");', "panic"),
    "sleeping": ("", "hang"),
    # Interrupts on, and none to come: only the limit ends it, and it
    # costs no time of the processor.
    "dozing": ("io_write8(0x21, 0xff); io_write8(0xa1, 0xff);"
               ' for (;;) { __asm__ volatile("sti; hlt"); }', "hang"),
    "crashing": ('__asm__ volatile("ud2");', "panic"),
    "leaving": ("io_write8(0xf4, 0);", "crash"),
}

_results = {}


def without_tests(kernel):
    """The changes that leave the tree's own tests out."""
    return {path: None for path in scratch.sources(kernel.tree)
            if path.endswith("_test.c") or path.startswith("tests" + os.sep)}


def report(kernel):
    """Runs the broken tree's tests; status and message by the test's
    place and name, and the logs by program."""
    if _results:
        return _results
    files = without_tests(kernel)
    files["src/lib/broken_test.c"] = BROKEN
    files["src/test_panics_test.c"] = PANICS
    for name, (action, _) in KERNELS.items():
        files["tests/%s.c" % name] = KERNEL % (name, action)
    tree = scratch.variant_tree(kernel, "framework", files, host=True)
    environment = dict(os.environ)
    # One kernel runs to the limit: a short one is enough.
    environment["TIMEOUT"] = "%.1f" % (
        2 * qemu.slowness() * qemu.busyness())
    process = subprocess.run(
        [sys.executable, os.path.join(os.path.dirname(tree), "tools",
                                      "test.py"), tree],
        cwd=tree, env=environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    said = process.stdout.decode("utf-8", "replace")
    assert process.returncode == 1, "it ended with %d:\n%s" % (
        process.returncode, said[-2000:])
    build = scratch.build_directory(tree)
    with open(os.path.join(build, "report.json"),
              encoding="utf-8") as file:
        results = json.load(file)["results"]
    for result in results:
        _results[result["suite"], result["name"]] = (result["status"],
                                                     result["message"])
    for program in ["unit", "host"] + list(KERNELS):
        with open(os.path.join(build, "logs", program + ".log"),
                  encoding="utf-8") as file:
            _results[program] = file.read()
    return _results


def check(shown, wanted):
    """Two texts are the same, but for the order of the tests, which
    nobody promises, and for who called whom."""
    def blocks(text):
        text = re.sub(r"(?m)^called from 0x[0-9a-f]+\n", "", text)
        return sorted(re.split(r"(?m)^(?=\w+\.\.\. )", text))
    assert blocks(shown) == blocks(wanted), "it says\n%s\nexpected\n%s" % (
        shown, wanted)


def test_the_kernel_reports_each_check_with_its_place(kernel):
    """Just these lines on the serial line; a panic ends the run."""
    check(report(kernel)["unit"],
          "Running 6 tests\n" + REPORT + PANIC_REPORT)


def test_the_exit_status_alone_says_that_checks_have_failed(kernel):
    """A unit kernel that runs to its end and leaves, whatever it has
    written."""
    changes = without_tests(kernel)
    changes["src/lib/broken_test.c"] = BROKEN
    image = scratch.variant(kernel, "failing", changes, "tests/unit.iso")
    machine = kernel.machine(image=image)
    status = machine.wait_exit()
    check(machine.serial(), "Running 5 tests\n" + REPORT)
    assert status == qemu.EXIT_FAILURE, machine.how_it_ended()


def test_the_host_reports_in_the_same_words(kernel):
    """One foo_test.c, two places to run it."""
    check(report(kernel)["host"], "Running 5 tests\n" + REPORT)


def test_each_result_is_told_apart(kernel):
    """The runner's word for each unit test."""
    wanted = {"passes": "ok", "is_false": "fail",
              "has_another_value": "fail", "has_another_text": "fail",
              "passes_again": "ok", "panics": "panic"}
    for name, status in wanted.items():
        shown = report(kernel).get(("unit", name), ("missing", ""))
        assert shown[0] == status, "%s is %s, expected %s:\n%s" % (
            name, shown[0], status, shown[1])


def test_each_end_of_a_kernel_is_told_apart(kernel):
    """Failing, panicking, hanging, crashing: each has its word."""
    for name, (_, status) in KERNELS.items():
        if name == "crashing" and not os.path.exists(
                os.path.join(kernel.tree, "src/arch/interrupts.c")):
            status = "reset"    # nobody takes the exception
        shown = report(kernel).get((name, name), ("missing", ""))
        assert shown[0] == status, "%s is %s, expected %s:\n%s" % (
            name, shown[0], status, shown[1])


def test_a_whole_kernel_says_its_name_first(kernel):
    """The name before the test runs, so that a hang is named, and one
    word after."""
    results = report(kernel)
    check(results["passing"], "passing... [ok]\n")
    check(results["failing"], "failing... [failed]\n    a reason\n")
    check(results["dozing"], "dozing... ")
