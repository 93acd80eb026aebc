"""Tests of tools/mutants.py: what it breaks, and whole runs over a toy."""

import importlib.util
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

TOOL = pathlib.Path(__file__).resolve().parents[2] / "tools" / "mutants.py"

spec = importlib.util.spec_from_file_location("mutants", str(TOOL))
mutants = importlib.util.module_from_spec(spec)
sys.dont_write_bytecode = True
spec.loader.exec_module(mutants)


def found(text, path="a.c", lines=None):
    """The mutants of a text as (line, operator, before, after)."""
    return [(mutant.line, mutant.operator, mutant.before, mutant.after)
            for mutant in mutants.mutants_of(path, text, lines)]


class CTest(unittest.TestCase):
    """What is broken in C: exactly this, nothing else."""

    def test_a_small_file(self):
        text = '''\
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
'''
        self.assertEqual(found(text), [
            (4, "larger by one", "enum { WIDTH = 80 };",
             "enum { WIDTH = 81 };"),
            (10, "negated", "if (a < 0 && text[0] == 'x') {",
             "if (!(a < 0 && text[0] == 'x')) {"),
            (10, "operator swapped", "if (a < 0 && text[0] == 'x') {",
             "if (a <= 0 && text[0] == 'x') {"),
            (10, "larger by one", "if (a < 0 && text[0] == 'x') {",
             "if (a < 1 && text[0] == 'x') {"),
            (10, "operator swapped", "if (a < 0 && text[0] == 'x') {",
             "if (a < 0 || text[0] == 'x') {"),
            (10, "larger by one", "if (a < 0 && text[0] == 'x') {",
             "if (a < 0 && text[1] == 'x') {"),
            (10, "operator swapped", "if (a < 0 && text[0] == 'x') {",
             "if (a < 0 && text[0] != 'x') {"),
            (10, "larger by one", "if (a < 0 && text[0] == 'x') {",
             "if (a < 0 && text[0] == ('x' + 1)) {"),
            (11, "return 0", "return a + 1;", "return 0;"),
            (11, "operator swapped", "return a + 1;", "return a - 1;"),
            (11, "larger by one", "return a + 1;", "return a + 2;"),
            (13, "deleted", "count++;", ";"),
            (13, "operator swapped", "count++;", "count--;"),
            (14, "deleted", 'say("it\'s 5; or (6", a);', ";"),
            (15, "larger by one", "return 0;", "return 1;"),
        ])

    def test_only_the_lines_asked_for(self):
        text = "int a = 1;\nint b = 2;\nint c = 3;\n"
        self.assertEqual(found(text, lines={2}), [
            (2, "larger by one", "int b = 2;", "int b = 3;")])

    def test_loops(self):
        text = """\
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
"""
        loop = "for (unsigned i = 5; i < n; i += 2) {"
        self.assertEqual(found(text), [
            (3, "larger by one", loop,
             "for (unsigned i = 6; i < n; i += 2) {"),
            (3, "negated", loop, "for (unsigned i = 5; !(i < n); i += 2) {"),
            (3, "operator swapped", loop,
             "for (unsigned i = 5; i <= n; i += 2) {"),
            (3, "deleted", loop, "for (unsigned i = 5; i < n; ) {"),
            (3, "operator swapped", loop,
             "for (unsigned i = 5; i < n; i -= 2) {"),
            (3, "larger by one", loop,
             "for (unsigned i = 5; i < n; i += 3) {"),
            (4, "deleted", "g();", ";"),
            (7, "deleted", "h();", ";"),
            (8, "negated", "} while (n > 3);", "} while (!(n > 3));"),
            (8, "operator swapped", "} while (n > 3);", "} while (n >= 3);"),
            (8, "larger by one", "} while (n > 3);", "} while (n > 4);"),
            (10, "deleted", "cpu_halt();", ";"),
        ])

    def test_switch_and_ternary(self):
        text = """\
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
"""
        self.assertEqual(
            [(line, operator, after)
             for line, operator, _, after in found(text)], [
                (4, "larger by one", "case ('a' + 1):"),
                (5, "deleted", ";"),
                (5, "negated", "g(!(c) ? 1 : h(2));"),
                (5, "larger by one", "g(c ? 2 : h(2));"),
                (5, "larger by one", "g(c ? 1 : h(3));"),
                (6, "deleted", ";"),
                (8, "true and false swapped", "return false;"),
                (10, "negated", "return !(x > y) ? x : y;"),
                (10, "return 0", "return 0;"),
                (10, "operator swapped", "return x >= y ? x : y;"),
            ])

    def test_signs_pointers_and_casts_are_no_operators(self):
        text = """\
void f(struct a *b, char *const *c)
{
    g(-1 * *b->d, &e[2], (h_t *)i, -(int)k, *l - *m);
}
"""
        self.assertEqual(
            [after for _, operator, _, after in found(text)
             if operator == "operator swapped"], [
                 "g(-1 / *b->d, &e[2], (h_t *)i, -(int)k, *l - *m);",
                 "g(-1 * *b->d, &e[2], (h_t *)i, -(int)k, *l + *m);"])

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
        changed = [mutant for mutant in mutants.mutants_of("a.c", text)]
        self.assertEqual([(mutant.line, mutant.after) for mutant in changed],
                         [(3, ";"), (6, ";"), (8, ";")])
        for mutant in changed:
            self.assertEqual(mutant.text.count("\n"), text.count("\n"))

    def test_declarations_are_not_deleted(self):
        text = """\
void f(void)
{
    const char *a = b;
    uint8_t c = d;
    format_sink *e = g;
    cell_t h;
    struct i j = {.k = false};
    va_start(l, m);
}
"""
        self.assertEqual([(line, operator)
                          for line, operator, _, _ in found(text)],
                         [(7, "true and false swapped"), (8, "deleted")])

    def test_assertions_attributes_and_assembly_are_left_alone(self):
        text = """\
_Static_assert(sizeof(struct a) == 16, "b");
void p(const char *f, ...) PRINTF(1, 2);
static int c __attribute__((aligned(8)));
#if VERSION > 3
#endif
static void d(void)
{
    __asm__ volatile("outb %0, %1" : : "a"(1), "Nd"(2 + 3));
}
"""
        self.assertEqual(found(text), [
            (8, "deleted",
             '__asm__ volatile("outb %0, %1" : : "a"(1), "Nd"(2 + 3));',
             ";")])

    def test_macros(self):
        text = """\
#define LIMIT (1 << 4)
#define check(a)                  \\
    do {                          \\
        if (!(a)) {               \\
            fail("a: %s", #a);    \\
        }                         \\
    } while (false)

int b = 7;
"""
        self.assertEqual(
            [(line, operator, after)
             for line, operator, _, after in found(text)], [
                (1, "larger by one", "#define LIMIT (2 << 4)"),
                (1, "operator swapped", "#define LIMIT (1 >> 4)"),
                (1, "larger by one", "#define LIMIT (1 << 5)"),
                (4, "negated", "if (!(!(a))) { \\"),
                (5, "deleted", "; \\"),
                (7, "negated", "} while (!(false))"),
                (7, "true and false swapped", "} while (true)"),
                (9, "larger by one", "int b = 8;"),
            ])

    def test_integers(self):
        for before, after in (("0", "1"), ("9u", "10u"), ("0x0f", "0x10"),
                              ("0xffUL", "0x100UL"), ("0b11", "0b100"),
                              ("07", "010")):
            self.assertEqual(mutants.one_more(before), after)
        self.assertIsNone(mutants.one_more("1.5"))

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
                          for mutant in mutants.mutants_of("a.c", text)],
                         [(1, ""), (4, "f"), (4, "f"),
                          (8, "terminal_wraps")])


class AssemblyTest(unittest.TestCase):
    """What is broken in NASM's language and in linker scripts."""

    def test_assembly(self):
        text = """\
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
"""
        self.assertEqual(found(text, "a.asm"), [
            (2, "larger by one", "SIZE equ 16", "SIZE equ 17"),
            (6, "deleted", "mov al, '2'", ""),
            (6, "larger by one", "mov al, '2'", "mov al, ('2' + 1)"),
            (7, "negated", "jne .stop", "je .stop"),
            (7, "deleted", "jne .stop", ""),
            (8, "deleted", ".stop: hlt", ".stop:"),
            (9, "deleted", "mov dword [a + 4], 'R' | SIZE", ""),
            (9, "larger by one", "mov dword [a + 4], 'R' \\",
             "mov dword [a + 5], 'R' \\"),
            (9, "larger by one", "mov dword [a + 4], 'R' \\",
             "mov dword [a + 4], ('R' + 1) \\"),
        ])

    def test_linker_script(self):
        text = """\
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
"""
        self.assertEqual(found(text, "linker.ld"), [
            (5, "deleted", ". = 1M;", ""),
            (5, "halved or doubled", ". = 1M;", ". = 2M;"),
            (6, "deleted", ".text : ALIGN(4K) { *(.text .text.*) }", ""),
            (6, "halved or doubled", ".text : ALIGN(4K) { *(.text .text.*) }",
             ".text : ALIGN(2K) { *(.text .text.*) }"),
        ])


class AddedLinesTest(unittest.TestCase):
    def test_only_what_was_added(self):
        self.assertEqual(mutants.added_lines("a\nb\nc\n", "a\nx\nc\nd\n"),
                         {2, 4})
        self.assertEqual(mutants.added_lines("", "a\nb\n"), {1, 2})
        self.assertEqual(mutants.added_lines("a\nb\n", "a\n"), set())


MAKEFILE = "include ../common.mk\n"

RULES = """\
BUILD := ../build/$(lastword $(subst /, ,$(CURDIR)))
OBJECTS := $(patsubst %,$(BUILD)/%.o,$(wildcard src/*.c))
$(BUILD)/kernel.elf: $(OBJECTS)
\tcc -o $@ $^
$(BUILD)/%.c.o: %.c src/max.h
\t@mkdir -p $(@D)
\tcc -O1 -g -c $< -o $@
print-build:
\t@echo $(BUILD)
.PHONY: print-build
"""

HEADER = "int max(int a, int b);\nint twice(int a);\n"

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

MAIN = """\
#include "max.h"

int main(int argc, char **argv)
{
    (void)argv;
    if (argc == 7) {
        return 1;
    }
    return max(2, 1) == 2 && max(3, 5) == 5 && twice(0) == 0 ? 0 : 1;
}
"""

COMMAND = '"$BUILD/kernel.elf"'


class RunTest(unittest.TestCase):
    """Whole runs over a toy project with a space in its path.  Its rules
    are not those of a kernel, and the tests are `kernel.elf` itself."""

    def setUp(self):
        self.scratch = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.scratch)
        self.root = pathlib.Path(self.scratch) / "a toy"
        self.put("common.mk", RULES)
        for name, source in (("01-one", SOURCE), ("02-two", SECOND)):
            self.put(name + "/Makefile", MAKEFILE)
            self.put(name + "/README.md", "A toy.\n")
            self.put(name + "/src/max.h", HEADER)
            self.put(name + "/src/max.c", source)
        self.put("02-two/src/a_test.c", "int untouched = 1;\n")
        (self.root / "01-one/src/main.c").write_text(
            "int main(void)\n{\n    return 0;\n}\n")
        self.put("02-two/src/main.c", MAIN)

    def put(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def run_tool(self, *arguments, expect=0, tree="02-two",
                 command=COMMAND):
        run = subprocess.run(
            [sys.executable, str(TOOL), str(self.root / tree),
             "--test-command", command, *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            universal_newlines=True)
        self.assertEqual(run.returncode, expect, run.stdout)
        return run.stdout

    def survivors(self, output):
        return sorted(line.split(" :: ")[1] for line in output.splitlines()
                      if line.endswith(":: REASON"))

    def test_list(self):
        output = self.run_tool("--list", "--file", "max.c")
        self.assertEqual(output, """\
src/max.c:10: return 0: return a * 2; => return 0;
src/max.c:10: operator swapped: return a * 2; => return a / 2;
src/max.c:10: larger by one: return a * 2; => return a * 3;
02-two: 3 mutants
""")

    def test_whole_run(self):
        before = sorted(str(path) for path in self.root.rglob("*"))
        output = self.run_tool(expect=1)
        # twice(0) is 0 however it is computed, argc is never 7 nor 8, and
        # as a sum of ands the last line has much that nobody looks at.
        survivors = self.survivors(output)
        self.assertEqual(len(survivors), 12)
        self.assertIn("if (argc == 7) { => if (argc == 8) {", survivors)
        self.assertIn("return a * 2; => return a / 2;", survivors)
        self.assertNotIn("if (argc == 7) { => if (argc != 7) {", survivors)
        # What stands in the chapter before is not broken.
        self.assertNotIn("a > b", output)
        after = sorted(str(path) for path in self.root.rglob("*")
                       if "build" not in path.relative_to(self.root).parts)
        self.assertEqual(before, after)
        self.assertEqual(
            [path.name for path in (self.root / "build/mutants").iterdir()],
            ["02-two.json"])

    def test_thorough_proofs_run_and_warnings_are_no_errors(self):
        output = self.run_tool("--file", "max.c", expect=1, command=(
            'test "$THOROUGH" = 1 && test -z "$STRICT" && ' + COMMAND))
        self.assertIn("3 compiled", output)

    def test_survivors_and_excuses(self):
        output = self.run_tool("--file", "max.c", expect=1)
        self.assertIn("mutants: 3 compiled, 0 killed, 0 excused, 3 survived:"
                      " 0 of 100\n", output)
        self.assertIn("02-two/src/max.c:10: survived (return 0)\n"
                      "    - return a * 2;\n    + return 0;\n", output)
        # A test kills two, an excuse takes the third.
        self.put("02-two/src/main.c", MAIN.replace("twice(0) == 0",
                                                   "twice(1) > 1"))
        output = self.run_tool("--file", "max.c", expect=1)
        self.assertEqual(self.survivors(output),
                         ["return a * 2; => return a * 3;"])
        self.assertIn("2 killed, 0 excused, 1 survived: 66 of 100", output)
        self.put("proofs/excuses/02-two.txt",
                 "# A comment.\n\n"
                 "src/max.c:twice :: return a * 2; => return a * 3; "
                 ":: more is better\n")
        # Matched by its text, wherever the line is.
        self.put("02-two/src/max.c", "// A line.\n\n" + SECOND)
        output = self.run_tool("--file", "max.c")
        self.assertIn("2 killed, 1 excused, 0 survived: 100 of 100", output)
        self.assertNotIn("stale", output)

    def test_stale_and_needless_excuses(self):
        self.put("proofs/excuses/02-two.txt",
                 "src/max.c:twice :: return a * 9; => return 0; :: old\n"
                 "src/max.c:max :: return a * 2; => return 0; :: misplaced\n"
                 "src/max.c:twice :: return a * 2; => return 0; :: killed\n")
        self.put("02-two/src/main.c", MAIN.replace("twice(0) == 0",
                                                   "twice(1) == 2"))
        output = self.run_tool("--file", "max.c")
        self.assertIn("3 compiled, 3 killed, 0 excused, 0 survived", output)
        self.assertIn("stale excuse, it fits no mutant: src/max.c:twice :: "
                      "return a * 9; => return 0;\n", output)
        self.assertIn("stale excuse, it fits no mutant: src/max.c:max ::",
                      output)
        self.assertIn("excused, but killed by tests: src/max.c:twice",
                      output)

    def test_an_excuse_needs_a_reason(self):
        self.put("proofs/excuses/02-two.txt",
                 "src/max.c:twice :: return a * 2; => return 0; :: REASON\n")
        self.assertIn("02-two.txt:1: expected", self.run_tool(expect=2))

    def test_what_does_not_count(self):
        # One that does not compile, one that changes nothing, and two
        # that are the same: `!=`, and the condition negated.
        self.put("02-two/src/max.c", SECOND + """
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
        output = self.run_tool("--file", "max.c", expect=1)
        written, broken, equal = [
            int(part.split()[0]) for part in
            next(line for line in output.splitlines()
                 if " written, " in line).split(", ")]
        counted = int(output.split("mutants: ")[1].split()[0])
        self.assertEqual(written, broken + equal + counted)
        # `case 2`: two labels 2; `{1}` of a larger array compiles.
        self.assertEqual(broken, 1, output)
        # (void)a deleted; ==, its negation and 9 or 10 without an effect.
        self.assertEqual(equal, 4, output)

    def test_a_mutant_leaves_no_trace(self):
        # A header that breaks the tests comes first, and is included by
        # what comes next; then the survivors must survive as ever.
        self.put("common.mk", RULES.replace("src/max.h",
                                            "$(wildcard src/*.h)"))
        self.put("02-two/src/a.h", "enum { TWO = 2 };\n")
        self.put("02-two/src/max.c", '#include "a.h"\n'
                 + SECOND.replace("a * 2", "a * TWO"))
        self.put("02-two/src/main.c", MAIN.replace("twice(0) == 0",
                                                   "twice(2) < 5"))
        # a.h and max.c, but not main.c.
        output = self.run_tool("--file", "[am][.a][!i]*", "--jobs", "1",
                               "--at-least", "1")
        self.assertEqual(self.survivors(output), [
            "return a * TWO; => return 0;",
            "return a * TWO; => return a / TWO;"])
        self.assertIn("1 killed", output)

    def test_tests_that_fail_now_and_then_are_noticed(self):
        # They pass once, before anything is broken, and never again.
        log = self.root / "log"
        command = '%s && [ ! -e "%s" ] && touch "%s"' % (
            COMMAND, log, log)
        output = self.run_tool("--file", "max.c", command=command, expect=2)
        self.assertIn("this run is void", output)
        self.assertEqual((self.root / "build/mutants/02-two.json")
                         .read_text().strip(), "{}")

    def test_hanging_mutants_are_cut_off(self):
        self.put("02-two/src/main.c", """\
int main(void)
{
    volatile int n = 0;
    while (n < 3) {
        n++;
    }
    return n == 3 ? 0 : 1;
}
""")
        output = self.run_tool("--file", "main.c", "--jobs", "2",
                               "--at-least", "1")
        self.assertRegex(output, r"they .*hang [12]")
        self.assertNotIn("n++; => ;", self.survivors(output))

    def test_verdicts_are_kept(self):
        log = self.root / "log"
        command = 'echo x >> "%s"; %s' % (log, COMMAND)
        first = self.run_tool("--file", "max.c", command=command, expect=1)
        runs = len(log.read_text().split())
        self.assertEqual(runs, 4)   # three mutants; unbroken once: none died
        # A comment changes nothing.
        self.put("02-two/src/max.c", SECOND + "// The end.\n")
        again = self.run_tool("--file", "max.c", command=command, expect=1)
        self.assertEqual(first, again)
        self.assertEqual(len(log.read_text().split()), runs)
        # A changed test tries the survivors again.
        self.put("02-two/src/a_test.c", "int untouched = 2;\n")
        self.run_tool("--file", "max.c", command=command, expect=1)
        self.assertEqual(len(log.read_text().split()), 2 * runs)
        self.run_tool("--file", "max.c", "--fresh", command=command,
                      expect=1)
        self.assertEqual(len(log.read_text().split()), 3 * runs)

    def test_the_first_chapter_is_broken_everywhere(self):
        output = self.run_tool("--list", tree="01-one")
        self.assertIn("src/max.c:5: negated", output)
        self.assertIn("src/main.c:3: larger by one", output)

    def test_tests_are_not_broken(self):
        self.assertNotIn("a_test.c", self.run_tool("--list"))

    def test_sample_is_the_same_each_time(self):
        one = self.run_tool("--list", "--sample", "5", "--seed", "3")
        self.assertEqual(one, self.run_tool("--list", "--sample", "5",
                                            "--seed", "3"))
        self.assertEqual(one.count(" => "), 5)
        self.assertNotEqual(one, self.run_tool("--list", "--sample", "5",
                                               "--seed", "4"))

    def test_no_mutant_is_begun_when_the_time_is_over(self):
        output = self.run_tool("--file", "max.c", "--seconds", "0.001")
        self.assertRegex(output, r"(?m)^0 of 3 mutants were tried in the time")
        self.assertNotIn("were tried", self.run_tool(
            "--file", "max.c", "--seconds", "100", expect=1))

    def test_quick_is_without_thorough_proofs(self):
        command = 'test -z "$THOROUGH" && ' + COMMAND
        self.run_tool("--file", "max.c", "--quick", command=command, expect=1)
        self.run_tool("--file", "max.c", "--fresh", command=command,
                      expect=2)

    def test_changed_since(self):
        def git(*arguments):
            subprocess.run(["git", "-C", str(self.root), "-c",
                            "user.name=a", "-c", "user.email=a@example.org",
                            *arguments], check=True,
                           stdout=subprocess.PIPE)
        git("init", "--quiet")
        git("add", "--all")
        git("commit", "--quiet", "--message", "state")
        self.assertIn("02-two: 0 mutants",
                      self.run_tool("--list", "--changed-since", "HEAD"))
        # A line of the chapter before does not count, a line of ours does.
        self.put("02-two/src/max.c", SECOND.replace("* 2", "* 4"))
        output = self.run_tool("--list", "--changed-since", "HEAD")
        self.assertIn("src/max.c:10: larger by one: return a * 4; => "
                      "return a * 5;", output)
        self.assertIn("02-two: 3 mutants", output)
        self.put("01-one/src/max.c", SOURCE.replace("a : b", "b : a"))
        self.put("02-two/src/max.c", SECOND.replace("a : b", "b : a"))
        self.assertIn("02-two: 0 mutants",
                      self.run_tool("--list", "--changed-since", "HEAD"))
        self.assertIn("not a commit",
                      self.run_tool("--changed-since", "nonsense", expect=2))

    def test_red_tests_are_said_to_be_red(self):
        self.assertIn("fail before anything is broken",
                      self.run_tool(command="false", expect=2))

    def test_wrong_use(self):
        self.assertIn("not a kernel's directory",
                      self.run_tool(tree="03-three", expect=2))


if __name__ == "__main__":
    unittest.main()
