"""Tests of tools/carry: each builds a small repository of its own."""

import os
import pathlib
import shutil
import stat
import subprocess
import sys
import tempfile
import unittest

CARRY = pathlib.Path(__file__).resolve().parents[2] / "tools" / "carry"

LINES = ["line %d" % number for number in range(1, 21)]


def text(lines):
    return "\n".join(lines) + "\n"


def replaced(lines, number, line):
    """The lines with one of them, counted from 1, replaced."""
    return lines[:number - 1] + [line] + lines[number:]


class CarryTest(unittest.TestCase):
    """Three chapters; the third has a line of its own at the end."""

    name = "repository"

    def setUp(self):
        self.scratch = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.scratch)
        self.root = pathlib.Path(self.scratch) / self.name
        self.root.mkdir()
        self.git("init", "--quiet")
        self.put(".gitignore", "/build/\n")
        for chapter in ("01-one", "02-two", "03-three"):
            own = LINES + ["own"] if chapter == "03-three" else LINES
            self.put(chapter + "/src/a.c", text(own))
            self.put(chapter + "/README.md", "This is %s.\n" % chapter)
        self.commit()

    def git(self, *arguments):
        environment = dict(
            os.environ, GIT_CONFIG_GLOBAL=os.devnull,
            GIT_CONFIG_NOSYSTEM="1", GIT_AUTHOR_NAME="a",
            GIT_AUTHOR_EMAIL="a@example.org", GIT_COMMITTER_NAME="a",
            GIT_COMMITTER_EMAIL="a@example.org")
        subprocess.run(["git", "-C", str(self.root), *arguments],
                       check=True, env=environment, stdout=subprocess.PIPE)

    def commit(self):
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "state")

    def put(self, path, content):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            content = content.encode()
        file.write_bytes(content)

    def get(self, path):
        return (self.root / path).read_text()

    def carry(self, *arguments, expect=0, chapter="01-one"):
        run = subprocess.run(
            [sys.executable, str(CARRY), *arguments, chapter],
            cwd=str(self.root), stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, universal_newlines=True)
        self.assertEqual(run.returncode, expect, run.stdout)
        return run.stdout

    def state(self):
        """Every file outside .git and build, with content and mode."""
        return {str(path.relative_to(self.root)):
                (path.read_bytes(), path.stat().st_mode)
                for path in sorted(self.root.rglob("*"))
                if path.is_file() and not {".git", "build"}
                & set(path.relative_to(self.root).parts)}

    def assert_settled(self, expect=0):
        """A further run changes nothing."""
        before = self.state()
        output = self.carry(expect=expect)
        self.assertEqual(self.state(), before)
        return output

    def test_nothing_to_carry(self):
        before = self.state()
        self.assertIn("nothing to do", self.carry())
        self.assertEqual(self.state(), before)

    def test_clean_merge(self):
        self.put("01-one/src/a.c", text(replaced(LINES, 3, "mended")))
        output = self.carry()
        self.assertIn("02-two/src/a.c: merged\n", output)
        self.assertIn("03-three/src/a.c: merged\n", output)
        self.assertEqual(self.get("02-two/src/a.c"),
                         text(replaced(LINES, 3, "mended")))
        self.assertEqual(self.get("03-three/src/a.c"),
                         text(replaced(LINES, 3, "mended") + ["own"]))
        self.assertNotIn("merged\n", self.assert_settled())

    def test_only_later_chapters_change(self):
        before = self.state()
        self.put("02-two/src/a.c", text(replaced(LINES, 3, "mended")))
        self.carry(chapter="02-two")
        self.assertEqual(self.state()["01-one/src/a.c"],
                         before["01-one/src/a.c"])
        self.assertIn("mended", self.get("03-three/src/a.c"))

    def test_second_run_without_memory(self):
        self.put("01-one/src/a.c", text(replaced(LINES, 20, "mended")))
        # The line beside it differs in chapter 3: no clean merge.
        self.put("03-three/src/a.c",
                 text(replaced(LINES, 20, "mended") + ["own"]))
        self.carry()
        shutil.rmtree(str(self.root / "build"), ignore_errors=True)
        self.assert_settled()

    def test_adjacent_change_is_a_marked_conflict(self):
        self.put("01-one/src/a.c", text(replaced(LINES, 20, "mended")))
        output = self.carry(expect=1)
        self.assertIn("02-two/src/a.c: merged\n", output)
        self.assertIn("03-three/src/a.c: conflict, marked\n", output)
        marked = self.get("03-three/src/a.c")
        self.assertIn("<<<<<<< 03-three\n", marked)
        self.assertIn(">>>>>>> 01-one\n", marked)
        self.assertIn("\nmended\n", marked)
        self.assertIn("\nown\n", marked)
        self.assertIn("03-three/src/a.c: a conflict is marked",
                      self.assert_settled(expect=1))

    def test_mended_conflict_stays_mended(self):
        self.put("01-one/src/a.c", text(replaced(LINES, 20, "mended")))
        self.carry(expect=1)
        by_hand = text(replaced(LINES, 20, "mended, for three") + ["own"])
        self.put("03-three/src/a.c", by_hand)
        self.assert_settled()
        # The edit goes on elsewhere: only what is new is merged.
        self.put("01-one/src/a.c",
                 text(replaced(replaced(LINES, 20, "mended"), 2, "more")))
        self.carry()
        self.assertEqual(
            self.get("03-three/src/a.c"),
            text(replaced(replaced(LINES, 20, "mended, for three"), 2,
                          "more") + ["own"]))
        self.assert_settled()

    def test_restored_file_is_merged_again(self):
        self.put("01-one/src/a.c", text(replaced(LINES, 3, "mended")))
        self.carry()
        self.git("checkout", "--quiet", "--", "03-three")
        self.carry()
        self.assertIn("mended", self.get("03-three/src/a.c"))

    def test_again_forgets(self):
        self.put("01-one/src/a.c", text(replaced(LINES, 3, "mended")))
        self.carry()
        # Taken out by hand, with another edit: respected, until --again.
        self.put("02-two/src/a.c", text(LINES + ["other"]))
        self.assert_settled()
        self.carry("--again")
        self.assertEqual(self.get("02-two/src/a.c"),
                         text(replaced(LINES, 3, "mended") + ["other"]))

    def test_new_file(self):
        self.put("01-one/src/deep/new.c", "new\n")
        output = self.carry()
        self.assertIn("02-two/src/deep/new.c: copied\n", output)
        self.assertEqual(self.get("03-three/src/deep/new.c"), "new\n")
        self.assert_settled()
        # The new file is edited again, and so was its copy.
        self.put("03-three/src/deep/new.c", text(["new"] + LINES + ["own"]))
        self.put("01-one/src/deep/new.c", "newer\n")
        self.carry(expect=1)
        self.put("03-three/src/deep/new.c", text(["newer"] + LINES))
        self.assertEqual(self.get("02-two/src/deep/new.c"), "newer\n")
        self.assert_settled()

    def test_new_file_where_another_stands(self):
        self.put("01-one/src/new.c", "new\n")
        self.put("03-three/src/new.c", "of chapter three\n")
        output = self.carry(expect=1)
        self.assertIn("03-three/src/new.c: new in 01-one, but another file",
                      output)
        self.assertEqual(self.get("03-three/src/new.c"),
                         "of chapter three\n")
        self.assertEqual(self.get("02-two/src/new.c"), "new\n")

    def test_ignored_file_is_not_carried(self):
        self.put(".gitignore", "/build/\n*.o\n")
        self.put("01-one/src/a.o", "object\n")
        self.carry()
        self.assertFalse((self.root / "02-two/src/a.o").exists())

    def test_deletion(self):
        self.put("01-one/src/only/b.c", "b\n")
        self.put("02-two/src/only/b.c", "b\n")
        self.put("03-three/src/only/b.c", "b, but different\n")
        self.commit()
        (self.root / "01-one/src/only/b.c").unlink()
        output = self.carry(expect=1)
        self.assertIn("02-two/src/only/b.c: deleted\n", output)
        self.assertFalse((self.root / "02-two/src/only").exists())
        self.assertTrue((self.root / "02-two/src").exists())
        self.assertIn("03-three/src/only/b.c: deleted in 01-one, but "
                      "different here", output)
        self.assertEqual(self.get("03-three/src/only/b.c"),
                         "b, but different\n")
        self.assert_settled(expect=1)

    def test_deletion_spares_an_uncommitted_edit(self):
        (self.root / "01-one/src/a.c").unlink()
        self.put("02-two/src/a.c", text(LINES + ["not committed"]))
        self.carry(expect=1)
        self.assertIn("not committed", self.get("02-two/src/a.c"))

    def test_moved_file(self):
        (self.root / "01-one/src/a.c").unlink()
        self.put("01-one/src/b.c", text(replaced(LINES, 3, "mended")))
        output = self.carry()
        self.assertIn("03-three/src/b.c: moved\n", output)
        self.assertFalse((self.root / "03-three/src/a.c").exists())
        self.assertEqual(self.get("03-three/src/b.c"),
                         text(replaced(LINES, 3, "mended") + ["own"]))
        self.assert_settled()

    def test_replaced_file_is_not_a_move(self):
        (self.root / "01-one/src/a.c").unlink()
        self.put("01-one/src/b.c", "something else\n")
        self.carry(expect=1)
        self.assertFalse((self.root / "02-two/src/a.c").exists())
        self.assertEqual(self.get("02-two/src/b.c"), "something else\n")
        self.assertEqual(self.get("03-three/src/a.c"),
                         text(LINES + ["own"]))

    def test_uncommitted_edit_of_a_later_chapter_is_kept(self):
        self.put("01-one/src/a.c", text(replaced(LINES, 3, "mended")))
        self.put("02-two/src/a.c", text(replaced(LINES, 15, "mine")))
        self.carry()
        self.assertEqual(
            self.get("02-two/src/a.c"),
            text(replaced(replaced(LINES, 3, "mended"), 15, "mine")))
        self.assert_settled()

    def test_file_that_a_later_chapter_does_not_have(self):
        (self.root / "03-three/src/a.c").unlink()
        self.commit()
        self.put("01-one/src/a.c", text(replaced(LINES, 3, "mended")))
        output = self.carry()
        self.assertIn("03-three/src/a.c: not in this chapter, skipped\n",
                      output)
        self.assertFalse((self.root / "03-three/src/a.c").exists())

    def test_readme_is_not_carried(self):
        self.put("01-one/README.md", "This is chapter one.\n")
        output = self.carry()
        self.assertIn("01-one/README.md: a chapter's README is its own",
                      output)
        self.assertEqual(self.get("02-two/README.md"), "This is 02-two.\n")

    def test_dry_run(self):
        self.put("01-one/src/a.c", text(replaced(LINES, 20, "mended")))
        self.put("01-one/src/new.c", "new\n")
        before = self.state()
        output = self.carry("--dry-run", expect=1)
        self.assertEqual(self.state(), before)
        self.assertFalse((self.root / "build").exists())
        self.assertIn("02-two/src/a.c: would be merged\n", output)
        self.assertIn("03-three/src/a.c: would be conflict", output)
        self.assertIn("02-two/src/new.c: would be copied\n", output)

    def test_base(self):
        self.put("01-one/src/a.c", text(replaced(LINES, 3, "mended")))
        self.commit()
        self.assertIn("nothing to do", self.carry())
        self.carry("--base", "HEAD~1")
        self.assertIn("mended", self.get("03-three/src/a.c"))

    def test_executable_bit(self):
        self.put("01-one/run.sh", "one\n")
        self.put("02-two/run.sh", "one\n")
        self.put("03-three/run.sh", "three\n")
        self.commit()
        (self.root / "01-one/run.sh").chmod(0o755)
        self.put("01-one/new.sh", "new\n")
        (self.root / "01-one/new.sh").chmod(0o755)
        self.carry()
        for path in ("02-two/run.sh", "03-three/run.sh", "02-two/new.sh"):
            mode = (self.root / path).stat().st_mode
            self.assertTrue(mode & stat.S_IXUSR, path)
        self.assertFalse((self.root / "02-two/src/a.c").stat().st_mode
                         & stat.S_IXUSR)
        self.assertEqual(self.get("03-three/run.sh"), "three\n")
        self.assert_settled()

    def test_binary_file(self):
        self.put("01-one/logo", b"\0\1\2")
        self.put("02-two/logo", b"\0\1\2")
        self.put("03-three/logo", b"\0\1\2 three")
        self.commit()
        self.put("01-one/logo", b"\0\1\2\3")
        output = self.carry(expect=1)
        self.assertEqual((self.root / "02-two/logo").read_bytes(),
                         b"\0\1\2\3")
        self.assertEqual((self.root / "03-three/logo").read_bytes(),
                         b"\0\1\2 three")
        self.assertIn("03-three/logo: binary and changed on both", output)

    def test_index_is_not_written(self):
        self.put("01-one/src/new.c", "new\n")
        before = (self.root / ".git/index").read_bytes()
        self.carry()
        self.assertEqual((self.root / ".git/index").read_bytes(), before)

    def test_from_inside_a_chapter(self):
        self.put("01-one/src/a.c", text(replaced(LINES, 3, "mended")))
        run = subprocess.run([sys.executable, str(CARRY), "."],
                             cwd=str(self.root / "01-one"),
                             stdout=subprocess.PIPE)
        self.assertEqual(run.returncode, 0)
        self.assertIn("mended", self.get("03-three/src/a.c"))

    def test_wrong_use(self):
        self.assertIn("not a chapter", self.carry(chapter="04", expect=2))
        self.assertIn("carry: ", self.carry("--base", "nonsense", expect=2))


class CarrySpaceTest(CarryTest):
    """The same in a repository whose path has a space, with such a file."""

    name = "with a space"

    def test_file_name_with_a_space(self):
        self.put("01-one/src/two words é.c", "new\n")
        self.carry()
        self.assertEqual(self.get("02-two/src/two words é.c"), "new\n")


if __name__ == "__main__":
    unittest.main()
