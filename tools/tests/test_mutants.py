"""What the mutants break, and whole runs over a toy.

depends: tools/common tools/testing tools/test.py tools/qemu.py
depends: tools/faults.py tools/tests/runner_project.py
depends: tools/mutants tools/mutants.py
"""

import os
import re
import shutil
import subprocess
import sys
import unittest

from runner_project import ROOT, Project, environment, run

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(ROOT, "tools"))
from mutants import changes, chosen                     # noqa: E402


class Changes(unittest.TestCase):
    """What is broken: exactly this, nothing else."""

    def check(self, text, expected, path="a.c", wanted="", lines=None):
        """Compares a text's mutants with lines like `3 deleted: ;`;
        `wanted` is the only operator that is of interest."""
        self.assertEqual([
            ("%d %s: %s" % (mutant.line, mutant.operator,
                            mutant.after)).strip()
            for mutant in changes.mutants_of(path, text, lines)
            if wanted in mutant.operator],
            [line.strip() for line in expected.strip().split("\n")])

    def test_a_small_file(self):
        self.check('''\
// A comment with a + b; and 42.
#include "drivers/vga2.h"
enum { WIDTH = 80 };
static int count;
int add(int a, const char *text)
{
    if (a < 0 && text[0] == 'x') {
        return a + 1; // the 2 is not code
    }
    count++;
    say("it's 5; or (6", a);
    return 0;
}
''', """
            3 larger by one: enum { WIDTH = 81 };
            7 negated: if (!(a < 0 && text[0] == 'x')) {
            7 operator swapped: if (a <= 0 && text[0] == 'x') {
            7 larger by one: if (a < 1 && text[0] == 'x') {
            7 operator swapped: if (a < 0 || text[0] == 'x') {
            7 larger by one: if (a < 0 && text[1] == 'x') {
            7 operator swapped: if (a < 0 && text[0] != 'x') {
            7 larger by one: if (a < 0 && text[0] == ('x' + 1)) {
            8 return 0: return 0;
            8 operator swapped: return a - 1;
            8 larger by one: return a + 2;
            10 deleted: ;
            10 operator swapped: count--;
            11 deleted: ;
            12 larger by one: return 1;
        """)

    def test_only_the_lines_asked_for(self):
        self.check("int a = 1;\nint b = 2;\nint c = 3;\n",
                   "2 larger by one: int b = 3;", lines={2})

    def test_loops(self):
        self.check("""\
void f(void)
{
    for (unsigned i = 5; i < n; i += 2) {
        g();
    }
    do {
        h();
    } while (n > 3);
    for (;;) {
        cpu_halt();
    }
}
""", """
            3 larger by one: for (unsigned i = 6; i < n; i += 2) {
            3 negated: for (unsigned i = 5; !(i < n); i += 2) {
            3 operator swapped: for (unsigned i = 5; i <= n; i += 2) {
            3 deleted: for (unsigned i = 5; i < n; ) {
            3 operator swapped: for (unsigned i = 5; i < n; i -= 2) {
            3 larger by one: for (unsigned i = 5; i < n; i += 3) {
            4 deleted: ;
            7 deleted: ;
            8 negated: } while (!(n > 3));
            8 operator swapped: } while (n >= 3);
            8 larger by one: } while (n > 4);
            10 deleted: ;
        """)

    def test_switch_and_ternary(self):
        self.check("""\
int f(char c)
{
    switch (c) {
    case 'a':
        g(c ? 1 : h(2));
        break;
    default:
        return true;
    }
    return x > y ? x : y;
}
""", """
            4 larger by one: case ('a' + 1):
            5 deleted: ;
            5 negated: g(!(c) ? 1 : h(2));
            5 larger by one: g(c ? 2 : h(2));
            5 larger by one: g(c ? 1 : h(3));
            6 deleted: ;
            8 true and false swapped: return false;
            10 negated: return !(x > y) ? x : y;
            10 return 0: return 0;
            10 operator swapped: return x >= y ? x : y;
        """)

    def test_signs_pointers_and_casts_are_no_operators(self):
        self.check("""\
void f(struct a *b, char *const *c)
{
    g(-1 * *b->d, &e[2], (h_t *)i, -(int)k, *l - *m);
}
""", """
            3 operator swapped: g(-1 / *b->d, &e[2], (h_t *)i, -(int)k, *l - *m);
            3 operator swapped: g(-1 * *b->d, &e[2], (h_t *)i, -(int)k, *l + *m);
        """, wanted="swapped")

    def test_statements_over_lines_keep_the_lines(self):
        text = """\
void f(void)
{
    *a = (struct b){
        .c = d,
    };
    g(h,
      i);
    j();
}
"""
        self.check(text, "3 deleted: ;\n6 deleted: ;\n8 deleted: ;")
        for mutant in changes.mutants_of("a.c", text):
            self.assertEqual(mutant.text.count("\n"), text.count("\n"))

    def test_declarations_are_not_deleted(self):
        self.check("""\
void f(void)
{
    const char *a = b;
    uint8_t c = d;
    format_sink *e = g;
    cell_t h;
    struct i j = {.k = false};
    va_start(l, m);
}
""", """
            7 true and false swapped: struct i j = {.k = true};
            8 deleted: ;
        """)

    def test_assertions_attributes_and_assembly_are_left_alone(self):
        self.check("""\
_Static_assert(sizeof(struct a) == 16, "b");
void p(const char *f, ...) PRINTF(1, 2);
static int c __attribute__((aligned(8)));
#if VERSION > 3
#endif
static void d(void)
{
    __asm__ volatile("outb %0, %1" : : "a"(1), "Nd"(2 + 3));
}
""", "8 deleted: ;")

    def test_macros(self):
        self.check("""\
#define LIMIT (1 << 4)
#define check(a)                  \\
    do {                          \\
        if (!(a)) {               \\
            fail("a: %s", #a);    \\
        }                         \\
    } while (false)

int b = 7;
""", """
            1 larger by one: #define LIMIT (2 << 4)
            1 operator swapped: #define LIMIT (1 >> 4)
            1 larger by one: #define LIMIT (1 << 5)
            4 negated: if (!(!(a))) { \\
            5 deleted: ; \\
            7 negated: } while (!(false))
            7 true and false swapped: } while (true)
            9 larger by one: int b = 8;
        """)

    def test_integers(self):
        for before, after in (("0", "1"), ("9u", "10u"), ("0x0f", "0x10"),
                              ("0xffUL", "0x100UL"), ("0b11", "0b100"),
                              ("07", "010"), ("1.5", None)):
            self.assertEqual(changes.one_more(before), after)

    def test_functions_are_named(self):
        text = """\
static int a = 1;
int f(void)
{
    return g(2);
}
TEST(terminal_wraps)
{
    h();
}
"""
        self.assertEqual([(mutant.line, mutant.function)
                          for mutant in changes.mutants_of("a.c", text)],
                         [(1, ""), (4, "f"), (4, "f"),
                          (8, "terminal_wraps")])

    def test_assembly(self):
        self.check("""\
; mov eax, 1
SIZE        equ 16      ; 3
section .text
bits 32
_start:
    mov al, '2'         ; a ';' and 4
    jne .stop
.stop: hlt
    mov dword [a + 4], 'R' \\
        | SIZE
    align 8
    dd b
""", """
            2 larger by one: SIZE equ 17
            6 deleted:
            6 larger by one: mov al, ('2' + 1)
            7 negated: je .stop
            7 deleted:
            8 deleted: .stop:
            9 deleted:
            9 larger by one: mov dword [a + 5], 'R' \\
            9 larger by one: mov dword [a + 4], ('R' + 1) \\
        """, "a.asm")

    def test_linker_script(self):
        self.check("""\
/* . = 3M; */
ENTRY(_start)
SECTIONS
{
    . = 1M;
    .text : ALIGN(4K) { *(.text .text.*) }
    .data : {
        *(.data)
    }
}
""", """
            5 deleted:
            5 halved or doubled: . = 2M;
            6 deleted:
            6 halved or doubled: .text : ALIGN(2K) { *(.text .text.*) }
        """, "linker.ld")

    def test_added_lines(self):
        for before, after, added in (
                ("a\nb\nc\n", "a\nx\nc\nd\n", {2, 4}),
                ("", "a\nb\n", {1, 2}), ("a\nb\n", "a\n", set())):
            self.assertEqual(chosen.added_lines(before, after), added)


RULES = """\
BUILD := ../build/$(lastword $(subst /, ,$(CURDIR)))
OBJECTS := $(patsubst %,$(BUILD)/%.o,$(wildcard src/*.c))
$(BUILD)/kernel.elf $(BUILD)/host/check $(BUILD)/host/deep: $(OBJECTS)
\t@mkdir -p $(@D)
\tcc -o $@ $^
$(BUILD)/%.c.o: %.c src/max.h
\t@mkdir -p $(@D)
\tcc -O1 -g -c $< -o $@
print-build:
\t@echo $(BUILD)
.PHONY: print-build
"""

# What runs check() of the toy, is counted in LOG, and may pass but once.
HARNESS = """\
#include <stdio.h>
#include <stdlib.h>
int check(int argc);
int main(int argc, char **argv)
{
    (void)argv;
    FILE *log = getenv("LOG") ? fopen(getenv("LOG"), "a") : NULL;
    int bad = check(argc) || (getenv("ONCE") && ftell(log) > 0);
    if (log) {
        fputc('x', log);
    }
    printf("Running 1 tests\\ncheck... [%s]\\n", bad ? "failed" : "ok");
    return bad;
}
"""

# What survives by construction: max(a, a) is a, whichever is returned,
# so `>=` is as good as `>`; and nobody tests that twice() is exact.
SOURCE = """\
#include "max.h"

int max(int a, int b)
{
    return a > b ? a : b;
}
"""
SECOND = SOURCE + """
int twice(int a)
{
    return a * 2;
}
"""

CHECK = """\
#include "max.h"

int check(int argc)
{
    if (argc == 7) {
        return 1;
    }
    return max(2, 1) == 2 && max(3, 5) == 5 && twice(0) == 0 ? 0 : 1;
}
"""


class Runs(Project):
    """Whole runs over a toy project; its rules are not those of a
    kernel."""

    PARTS = ("tools",)

    def setUp(self):
        for name in ("build", "proofs", "02-two"):
            shutil.rmtree(self.path(name), ignore_errors=True)
        self.write("common.mk", RULES)
        for name, source in (("01-one", SOURCE), ("02-two", SECOND)):
            self.write(name + "/Makefile", "include ../common.mk\n")
            self.write(name + "/src/max.h",
                       "int max(int a, int b);\nint twice(int a);\n")
            self.write(name + "/src/max.c", source)
            self.write(name + "/src/run_test.c", HARNESS)
        self.write("01-one/src/main.c", "int check(void)\n{\n"
                   "    return 0;\n}\n")
        self.write("02-two/src/main.c", CHECK)
        self.write("proofs/host/check.c",
                   "// needs: src/max.c\nTEST(check)\n")
        self.write("proofs/host/deep.c", "// needs: src/max.c\n"
                   "// when: thorough\nTEST(check)\n")

    def run_tool(self, *arguments, expect=0, tree="02-two", **variables):
        """Runs it over max.c only, unless told otherwise."""
        if "--file" not in arguments:
            arguments += ("--file", "max.c")
        done = run([sys.executable, self.path("tools", "mutants.py"),
                    self.path(tree), *arguments],
                   env=environment(**variables))
        self.assertEqual(done.returncode, expect, done.stdout)
        return done.stdout

    def survivors(self, output):
        """What survived: `BEFORE => AFTER`, sorted."""
        return sorted(line.split(" :: ")[1] for line in output.splitlines()
                      if line.endswith(":: REASON"))

    def kept(self):
        """How many verdicts are remembered."""
        try:
            return len(os.listdir(self.path("build/memory/mutants")))
        except OSError:
            return 0

    def test_lists(self):
        self.assertEqual(self.run_tool("--list"), """\
src/max.c:10: return 0: return a * 2; => return 0;
src/max.c:10: operator swapped: return a * 2; => return a / 2;
src/max.c:10: larger by one: return a * 2; => return a * 3;
02-two: 3 mutants
""")
        everything = self.run_tool("--list", "--file", "*")
        self.assertNotIn("run_test.c", everything)
        # The first chapter is broken everywhere.
        output = self.run_tool("--list", "--file", "*", tree="01-one")
        self.assertIn("src/max.c:5: negated", output)
        self.assertIn("src/main.c:3: larger by one", output)
        # A sample is the same each time.
        sample = ("--list", "--file", "*", "--sample", "5")
        self.assertEqual(self.run_tool(*sample), self.run_tool(*sample))
        self.assertEqual(self.run_tool(*sample).count(" => "), 5)

    def test_whole_run(self):
        def outside():
            return sorted(
                path for path, _, _ in os.walk(self.directory)
                if "/build" not in path)
        before = outside()
        output = self.run_tool("--file", "*", expect=1)
        # twice(0) is 0 however it is computed, argc is never 7 nor 8, and
        # as a sum of ands the last line has much that nobody looks at.
        survivors = self.survivors(output)
        self.assertEqual(len(survivors), 12, output)
        self.assertIn("if (argc == 7) { => if (argc == 8) {", survivors)
        self.assertIn("return a * 2; => return a / 2;", survivors)
        self.assertNotIn("if (argc == 7) { => if (argc != 7) {", survivors)
        # What stands in the chapter before is not broken.
        self.assertNotIn("a > b", output)
        self.assertEqual(before, outside())
        self.assertEqual(os.listdir(self.path("build/mutants")), [])

    def test_survivors_and_excuses(self):
        output = self.run_tool(expect=1)
        self.assertIn("mutants: 3 compiled, 0 killed, 0 excused, 3 survived:"
                      " 0 of 100\n", output)
        self.assertIn("02-two/src/max.c:10: survived (return 0)\n"
                      "    - return a * 2;\n    + return 0;\n", output)
        # A test kills two, an excuse takes the third.
        self.write("02-two/src/main.c", CHECK.replace("twice(0) == 0",
                                                      "twice(1) > 1"))
        output = self.run_tool(expect=1)
        self.assertEqual(self.survivors(output),
                         ["return a * 2; => return a * 3;"])
        self.assertIn("2 killed, 0 excused, 1 survived: 66 of 100", output)
        self.write("proofs/excuses/02-two.txt",
                   "# A comment.\n\n"
                   "src/max.c:twice :: return a * 2; => return a * 3; "
                   ":: more is better\n")
        # Matched by its text, wherever the line is.
        self.write("02-two/src/max.c", "// A line.\n\n" + SECOND)
        output = self.run_tool()
        self.assertIn("2 killed, 1 excused, 0 survived: 100 of 100", output)
        self.assertNotIn("stale", output)

    def test_stale_and_needless_excuses(self):
        self.write("proofs/excuses/02-two.txt",
                   "src/max.c:twice :: return a * 9; => return 0; :: old\n"
                   "src/max.c:max :: return a * 2; => return 0; :: astray\n"
                   "src/max.c:twice :: return a * 2; => return 0; :: killed"
                   "\n")
        self.write("02-two/src/main.c", CHECK.replace("twice(0) == 0",
                                                      "twice(1) == 2"))
        output = self.run_tool()
        self.assertIn("3 compiled, 3 killed, 0 excused, 0 survived", output)
        stale = "stale excuse, it fits no mutant: src/max.c:"
        self.assertIn(stale + "twice :: return a * 9; => return 0;\n",
                      output)
        self.assertIn(stale + "max ::", output)
        self.assertRegex(output, "excused, but killed by host/.*: "
                         "src/max.c:twice")
        self.write("proofs/excuses/02-two.txt",
                   "src/max.c:twice :: return a * 2; => return 0; :: REASON"
                   "\n")
        self.assertIn("02-two.txt:1: expected", self.run_tool(expect=1))

    def test_what_does_not_count(self):
        # One that does not compile, one that changes nothing, and two
        # that are the same: `!=`, and the condition negated.
        self.write("02-two/src/max.c", SECOND + """
enum { SIZE = 1 };
int three[SIZE] = {0};

int same(int a)
{
    switch (a) {
    case 1:
        return 4;
    case 2:
        return 5;
    }
    (void)a;
    if (a == 9) {
        return 0;
    }
    return 0;
}
""")
        output = self.run_tool(expect=1)
        written, broken, equal, counted = map(int, re.search(
            r"(\d+) written, (\d+) do not compile, (\d+) are as .*\n"
            r"mutants: (\d+) compiled", output).groups())
        self.assertEqual(written, broken + equal + counted)
        # `case 2`: two labels 2; `{1}` of a larger array compiles.
        self.assertEqual(broken, 1, output)
        # (void)a deleted; ==, its negation and 9 or 10 without an effect.
        self.assertEqual(equal, 4, output)

    def test_a_mutant_leaves_no_trace(self):
        # A header that breaks the tests comes first, and is included by
        # what comes next; then the survivors must survive as ever.
        self.write("common.mk", RULES.replace("src/max.h",
                                              "$(wildcard src/*.h)"))
        self.write("02-two/src/a.h", "enum { TWO = 2 };\n")
        self.write("02-two/src/max.c", '#include "a.h"\n'
                   + SECOND.replace("a * 2", "a * TWO"))
        self.write("02-two/src/main.c", CHECK.replace("twice(0) == 0",
                                                      "twice(2) < 5"))
        # a.h and max.c, but not main.c.
        output = self.run_tool("--file", "[am][.a][!i]*", expect=1)
        self.assertEqual(self.survivors(output), [
            "return a * TWO; => return 0;",
            "return a * TWO; => return a / TWO;"])
        self.assertIn("1 killed", output)

    def test_tests_that_fail_now_and_then_are_noticed(self):
        # They pass twice, before anything is broken, and never again.
        self.write("02-two/src/run_test.c", HARNESS.replace("> 0", "> 1"))
        output = self.run_tool(expect=1, ONCE="1", LOG=self.path("log1"))
        self.assertIn("this run is void", output)
        self.assertEqual(self.kept(), 0)

    def test_hanging_mutants_are_cut_off(self):
        self.write("02-two/src/main.c", """\
int check(int argc)
{
    volatile int n = 0;
    while (n < 3) {
        n++;
    }
    return n == 3 ? 0 : argc;
}
""")
        output = self.run_tool("--file", "main.c", "--quick", expect=1)
        self.assertRegex(output, r"they .*hang [12]")
        self.assertNotIn("n++; => ;", self.survivors(output))

    def test_verdicts_are_kept(self):
        log = "log2"

        def ran(**variables):
            with open(self.path(log), "w", encoding="ascii"):
                pass
            self.output = self.run_tool("--quick", expect=1,
                                        LOG=self.path(log), **variables)
            return len(self.read(log))

        # Three mutants; unbroken once: none died.
        self.assertEqual(ran(), 4)
        first = self.output
        self.assertEqual(self.kept(), 3)
        # A comment changes nothing.
        self.write("02-two/src/max.c", SECOND + "// The end.\n")
        self.assertEqual(ran(), 0)
        self.assertEqual(first, self.output)
        # A changed test tries the survivors again.
        self.write("proofs/host/check.c",
                   "// needs: src/max.c\nTEST(check)\nint i;\n")
        self.assertEqual(ran(), 4)
        self.assertEqual(ran(FRESH="1"), 4)
        self.assertEqual(ran(), 0)

    def test_no_mutant_is_begun_when_the_time_is_over(self):
        self.assertRegex(self.run_tool("--seconds", "0.001"),
                         r"(?m)^0 of 3 mutants were tried in the time")
        self.assertNotIn("were tried", self.run_tool(
            "--seconds", "100", expect=1))

    def test_thorough_proofs_run_but_not_quickly(self):
        self.write("common.mk", RULES + "\n$(BUILD)/host/deep: src/deep.x")
        self.run_tool("--quick", expect=1)
        self.assertIn("fail before anything is broken",
                      self.run_tool(expect=1))

    def test_changed_since(self):
        def git(*arguments):
            subprocess.run(["git", "-C", self.directory, "-c",
                            "user.name=a", "-c", "user.email=a@example.org",
                            *arguments], check=True,
                           stdout=subprocess.PIPE)
        git("init", "--quiet")
        git("add", "0*")
        git("commit", "--quiet", "--message", "state")
        since = ("--list", "--changed-since", "HEAD")
        self.assertIn("02-two: 0 mutants", self.run_tool(*since))
        # A line of the chapter before does not count, a line of ours does.
        self.write("02-two/src/max.c", SECOND.replace("* 2", "* 4"))
        output = self.run_tool(*since)
        self.assertIn("src/max.c:10: larger by one: return a * 4; => "
                      "return a * 5;", output)
        self.assertIn("02-two: 3 mutants", output)
        self.write("01-one/src/max.c", SOURCE.replace("a : b", "b : a"))
        self.write("02-two/src/max.c", SECOND.replace("a : b", "b : a"))
        self.assertIn("02-two: 0 mutants", self.run_tool(*since))
        self.assertEqual(self.run_tool("--changed-since", "x", expect=1),
                         "mutants: x is not a commit\n")
        without = self.path("no-git")
        os.makedirs(without)
        for name in ("make", "sh", "echo"):
            os.symlink(shutil.which(name), os.path.join(without, name))
        self.assertRegex(self.run_tool("--changed-since", "HEAD", expect=1,
                                       PATH=without),
                         r"\Amutants: git is missing.*\n\Z")

    def test_wrong_use(self):
        self.assertEqual(self.run_tool(tree="03-three", expect=1).count(
            "\n"), 1)


if __name__ == "__main__":
    unittest.main()
