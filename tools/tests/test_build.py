"""The build rules under what happens to people: make test-tools build.

Each test works in a copy of the project, with one or two chapters.
"""

import json
import os
import shutil
import subprocess
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))


class Project(unittest.TestCase):
    """A copy of the project in a directory of its own."""

    chapters = ("02-minimal-kernel",)

    def setUp(self):
        top = tempfile.mkdtemp(prefix="build-")
        self.addCleanup(shutil.rmtree, top)
        os.chmod(top, 0o755)
        self.root = os.path.join(top, "os")
        self.copy(self.root)

    def copy(self, root):
        """Makes a copy of the project."""
        os.mkdir(root)
        for name in ("common.mk", "Makefile"):
            shutil.copy(os.path.join(ROOT, name), root)
        for name in ("tools/setup", "tools/common", "tools/clang",
                     *self.chapters):
            shutil.copytree(os.path.join(ROOT, name),
                            os.path.join(root, name))

    def path(self, *parts):
        """A path in the copy."""
        return os.path.join(self.root, *parts)

    def write(self, path, text, add=False):
        """Writes a file of the copy, or adds to it."""
        with open(self.path(path), "a" if add else "w",
                  encoding="utf-8") as file:
            file.write(text)

    def change(self, path, old, new):
        """Replaces a text that a file of the copy has."""
        with open(self.path(path), encoding="utf-8") as file:
            text = file.read()
        self.assertIn(old, text)
        self.write(path, text.replace(old, new, 1))

    def make(self, *arguments, tree="", root=None, before=(), **variables):
        """Runs make: its status and what it said."""
        environment = {
            name: value for name, value in os.environ.items()
            if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "STRICT")}
        environment.update(CCACHE="", **variables)
        done = subprocess.run(
            [*before, "make", "--no-print-directory", *arguments],
            cwd=os.path.join(root or self.root, tree), env=environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False,
            stderr=subprocess.STDOUT, text=True, errors="replace")
        return done.returncode, done.stdout

    def refused(self, sentence, *arguments, **options):
        """Runs make, which must fail and say this."""
        status, said = self.make(*arguments, **options)
        self.assertNotEqual(status, 0, said)
        self.assertIn(sentence, said)
        self.assertNotIn("No rule to make target", said)
        self.assertNotIn("Traceback", said)

    def good(self, *arguments, **options):
        """Runs make, which must succeed; what it said."""
        status, said = self.make(*arguments, **options)
        self.assertEqual(status, 0, said)
        return said


class Sources(Project):
    """What is compiled."""

    tree = "02-minimal-kernel"

    def test_objects_name_no_directory(self):
        other = os.path.join(os.path.dirname(self.root), "a b")
        self.copy(other)
        objects = []
        for root in (self.root, other):
            self.good("-s", tree=self.tree, root=root)
            path = os.path.join(root, "build", self.tree, "src", "kernel",
                                "main.c.o")
            with open(path, "rb") as file:
                objects.append(file.read())
        self.assertEqual(*objects)
        self.assertNotIn(self.root.encode(), objects[0])

    def test_what_editors_leave_is_not_compiled(self):
        os.symlink("me@host.1:2", self.path(self.tree, "src/.#demo.c"))
        self.write(self.tree + "/src/kernel/._demo.c", "\0\7")
        self.good(tree=self.tree)

    def test_a_blank_in_a_name(self):
        self.write(self.tree + "/src/kernel/demo (copy).c", "")
        self.refused("rename or remove src/kernel/demo??copy?.c",
                     tree=self.tree)

    def test_a_misspelled_section(self):
        self.change(self.tree + "/src/boot/boot.asm", "section .bss",
                    "section .bss:")
        self.refused("orphan section `.bss:' from `../build/%s/src/boot/"
                     "boot.asm.o'" % self.tree, tree=self.tree)

    def test_compile_commands(self):
        self.good("compile_commands.json", "CHAPTER=2")
        with open(self.path("build/compile_commands.json"),
                  encoding="utf-8") as file:
            entries = json.load(file)
        self.assertIn("src/kernel/main.c", [e["file"] for e in entries])
        for entry in entries:
            subprocess.run(["sh", "-c", entry["command"]
                            + " -fsyntax-only"], check=True,
                           cwd=entry["directory"])


class Places(Project):
    """Where directories are, and whether they can be written."""

    def test_numbers_and_blanks(self):
        shutil.copytree(self.path("02-minimal-kernel"), self.path("lab 3"))
        self.assertIn("02-minimal-kernel", self.good("size", "CHAPTER=2"))
        self.assertIn("build/lab-3/", self.good("size", "CHAPTER=lab 3"))
        self.good("clean", "CHAPTER=lab 3")
        self.assertEqual([], [name for name in os.listdir(self.path("build"))
                              if name.startswith("lab")])
        self.refused("there is no chapter 44", "CHAPTER=44")

    def test_a_submission_elsewhere(self):
        shutil.copytree(self.path("02-minimal-kernel"),
                        self.path("hand-in/anna"))
        self.refused("hand-in/anna must lie beside common.mk", "test",
                     "CHAPTER=hand-in/anna")

    def test_a_directory_of_somebody_else(self):
        os.mkdir(self.path("build"))
        os.chmod(self.path("build"), 0o555)
        other = ("setpriv", "--reuid", "65534", "--regid", "65534",
                 "--clear-groups") if os.geteuid() == 0 else ()
        self.refused("You may not write to ../build/02-minimal-kernel",
                     tree="02-minimal-kernel", before=other)

    def test_grub_elsewhere(self):
        # As if the system had none.
        with open(self.path("tools/setup/grub.sh"), encoding="utf-8") as file:
            text = file.read()
        self.write("tools/setup/grub.sh", text.replace("/usr/", "/nowhere/")
                   .replace("find_mkrescue &&", "false &&"))
        self.refused("GRUB_MODULES= names one elsewhere", "CHAPTER=02",
                     GRUB_MKRESCUE="grub-mkrescue")
        modules = "opt/x86_64-elf-grub/lib/x86_64-elf/grub/i386-pc"
        os.makedirs(self.path(modules))
        for name in ("multiboot2.mod", "cdboot.img"):
            self.write(modules + "/" + name, "")
        # The doctor and make look in one list of places.
        for what in ("doctor", "where"):
            said = self.make(what, "--eval=where:; @echo $(GRUB_MODULES)",
                             tree="02-minimal-kernel",
                             HOMEBREW_PREFIX=self.path())[1]
            self.assertIn(self.path(modules), said)


class Targets(Project):
    """What is asked for in the wrong place."""

    chapters = ("01-freestanding", "02-minimal-kernel")

    def test_chapter_1_has_no_image(self):
        for target in ("usb", "log", "debug"):
            self.refused("`make %s` needs the grub.cfg" % target, target,
                         "CHAPTER=01")

    def test_diff(self):
        self.refused("no chapter comes before 01-freestanding", "diff",
                     "CHAPTER=01")
        self.refused("there is no directory zz", "diff", "CHAPTER=02",
                     "FROM=zz")
        self.assertIn("+++ b/02-minimal-kernel",
                      self.good("diff", "CHAPTER=02"))

    def test_no_python(self):
        for arguments in (("test",), ("check-book",),
                          ("test", "-C", "02-minimal-kernel")):
            self.refused("PYTHON= names another" if "-C" not in arguments
                         else "PYTHON= names one elsewhere", *arguments,
                         "PYTHON=no-python")

    def test_unused(self):
        main = "02-minimal-kernel/src/kernel/demo.c"
        readme = "02-minimal-kernel/README.md"
        self.good("unused", "CHAPTER=02")
        self.write(main, "void idle(void);\nvoid idle(void)\n{\n}\n", True)
        self.refused("demo.c: nothing calls idle", "unused", "CHAPTER=02")
        self.write(readme, "\n- Hook: `idle` is for later.\n", True)
        self.good("unused", "CHAPTER=02")
        self.write(readme, "- Hook: `demo` is none.\n", True)
        self.refused("demo is no hook", "unused", "CHAPTER=02")


class Large(Project):
    """A kernel that does not fit."""

    chapters = ("06-double-faults",)

    def test_sizes_and_remedy(self):
        demo = "06-double-faults/src/kernel/demo.c"
        self.write(demo, "static volatile char much[1 << 20];\n"
                   "void fill(void);\nvoid fill(void)\n{\n"
                   "    much[7] = 1;\n}\n", True)
        self.refused("    1048576 bytes: much in src/kernel/demo.c",
                     tree="06-double-faults")
        self.refused("the kernel ends past 2 MiB", tree="06-double-faults")
        self.refused("take the memory from the heap",
                     tree="06-double-faults")


if __name__ == "__main__":
    unittest.main()
