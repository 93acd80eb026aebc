"""`make mine`, tried on slips at many points of the real book.

    python3 -m unittest tests.book.test_mine

Each slip is made in the files that the book has after some listing, as a
reader would make it; the answer must give the place in the book, the file
and line, and the listing to look at. Which lines it hits is chosen by a
generator with a fixed seed, so that a failure can be made again.
"""

import os
import random
import re
import sys
import tempfile
import time
import unittest
import unittest.mock

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.dirname(os.path.abspath(__file__)))))
sys.path.insert(0, os.path.join(ROOT, 'tools'))

from book.reader import directory  # noqa: E402
from book.reader.mine import LAST, Guide  # noqa: E402
from book.reader.nearest import pieces  # noqa: E402
from book.reading.replay import apply  # noqa: E402
from book.reading.report import PageError  # noqa: E402
from book.reading.tree import write_tree  # noqa: E402
from common.terminal import Complaint  # noqa: E402

GUIDE = Guide(ROOT)
BOOK = GUIDE.states
POINTS = range(12, max(BOOK.ends.values()), 31)
SEED = 7
# A few slips can be taken for something else: a listing that was passed
# over, and that the next one undoes. One in so many may be told otherwise.
ONE_IN = 20


def reader(tree):
    """A tree as it is read: a file's last line is an empty one."""
    return {path: file.lines + [''] for path, file in tree.files.items()}


def code(path, text):
    """What a line says, its comment aside."""
    mark = {'c': '//', 'h': '//', 'ld': '/*', 'asm': ';'}.get(
        path.split('.')[-1], '#')
    text = text.split(mark)[0].strip()
    return '' if text.endswith('*/') else text


def same(one, other):
    return BOOK[one].tree.snapshot() == BOOK[other].tree.snapshot()


class Slips(unittest.TestCase):
    """Counts what was right; a few places may be told otherwise."""

    def setUp(self):
        self.chance = random.Random(SEED)
        self.tried, self.wrong = 0, []

    def tearDown(self):
        self.assertGreater(self.tried, 10)
        self.assertLessEqual(len(self.wrong), max(1, self.tried // ONE_IN),
                             '\n'.join(self.wrong))

    def judge(self, number, mine, is_right, what):
        """Counts an answer, by what it has as the first difference."""
        self.tried += 1
        answer = GUIDE.look(mine)
        if not is_right(answer, (answer.differences or [None])[0]):
            self.wrong.append('%s at %s, but:\n    %s' % (
                what, BOOK[number].name, '\n    '.join(GUIDE.words(answer))))

    def expect(self, number, mine, path, lines, listing=None):
        """The point, and the first difference: its file, one of some
        lines, and the listing."""
        self.judge(number, mine, lambda answer, first: same(
            answer.number, number) and first and first.path == path
            and first.line in lines and listing in (None, first.state),
            '%s:%s' % (path, lines))

    def lines(self, fits=lambda texts, line: True):
        """Points of the book, each with a reader's files and a line that
        its file has only once: (point, files, path, line, listing)."""
        for number in POINTS:
            found = []
            for path, file in sorted(BOOK[number].tree.files.items()):
                texts = [code(path, text) for text in file.lines]
                found += [(path, line) for line, text in enumerate(texts, 1)
                          if re.search(r'\w{3}', text)
                          and texts.count(text) == 1 and fits(texts, line)]
            path, line = self.chance.choice(found)
            page, at = BOOK[number].tree.files[path].origins[line - 1]
            yield (number, reader(BOOK[number].tree), path, line, max(
                n for n in BOOK.path_to(number) if BOOK[n].course.page
                == page and BOOK[n].item.line <= at))

    @staticmethod
    def near(mine, path, line):
        """The lines that may be told for something missing at a line."""
        above = line - 1
        while above > 0 and not code(path, mine[path][above - 1]):
            above -= 1
        return range(max(above - 1, 0), line + 3)

    def test_a_line_forgotten(self):
        for number, mine, path, line, listing in self.lines():
            del mine[path][line - 1]
            self.expect(number, mine, path, self.near(mine, path, line),
                        listing)

    def test_two_lines_swapped(self):
        for number, mine, path, line, _ in self.lines(
                lambda texts, n: n < len(texts) and len(texts[n]) > 1):
            lines = mine[path]
            lines[line - 1:line + 1] = lines[line], lines[line - 1]
            self.expect(number, mine, path, self.near(mine, path, line))

    def test_a_typo(self):
        for number, mine, path, line, listing in self.lines():
            text = mine[path][line - 1]
            at = self.chance.choice([m.start() + 1 for m in re.finditer(
                r'\w{3}', code(path, text))])
            at += len(text) - len(text.lstrip())
            mine[path][line - 1] = text[:at] + 'zq'[text[at] == 'z'] + \
                text[at + 1:]
            self.expect(number, mine, path, [line], listing)

    def test_a_line_twice(self):
        for number, mine, path, line, _ in self.lines():
            mine[path].insert(line, mine[path][line - 1])
            self.expect(number, mine, path, [line, line + 1])

    @staticmethod
    def names(answer, first, listing):
        """Whether a listing that is missing is told: as the first
        difference, or as the next that comes."""
        if not first or answer.number < first.state < LAST:
            return same(answer.number, listing - 1)
        return first.state == listing

    def test_a_listing_skipped(self):
        for number in POINTS:
            skipped = number - self.chance.randrange(1, 9)
            tree = BOOK[skipped - 1].tree
            try:
                for state in BOOK[skipped + 1:number + 1]:
                    tree = tree.copy()
                    apply(tree, state.item)
            except PageError:       # a later one needs it
                continue
            mine = reader(tree)
            self.judge(number, mine, lambda answer, first: self.names(
                answer, first, skipped) or mine == reader(
                    BOOK[answer.number].tree),
                'without ' + BOOK[skipped].name)

    def test_an_old_version_of_a_file(self):
        for number in POINTS:
            found = [(path, at) for at, path, _ in GUIDE.book.versions
                     if number - 25 < at <= number
                     and path in BOOK[at - 1].tree.files
                     and path in BOOK[number].tree.files]
            if found:
                path, at = self.chance.choice(found)
                mine = reader(BOOK[number].tree)
                mine[path] = list(BOOK[at - 1].tree.files[path].lines)
                # Some of its later listings may be undone by one more.
                self.judge(number, mine, lambda answer, first: not first
                           or any(self.names(answer, first, n)
                                  for n in range(at, number + 1)),
                           '%s as before %s' % (path, BOOK[at].name))

    def test_a_file_in_the_wrong_place(self):
        for number in POINTS:
            mine = reader(BOOK[number].tree)
            path = self.chance.choice([p for p in sorted(mine)
                                       if len(mine[p]) > 8])
            name = self.chance.choice([
                os.path.basename(path), 'src/' + os.path.basename(path),
                path.replace('.', '2.'), path.upper()])
            if name not in GUIDE.book.last:
                mine[name] = mine.pop(path)
                self.expect(number, mine, name, [0])

    def test_another_layout(self):
        """Spacing, empty lines, comments, ends of lines, files of one's
        own: nothing differs."""
        for number in POINTS:
            mine = {path: self.laid_out(path, lines) for path, lines
                    in reader(BOOK[number].tree).items()}
            mine['notes.txt'] = ['int main(void) { return 0; }']
            self.judge(number, mine, lambda answer, first: not first
                       and answer.own == ['notes.txt'], 'laid out')

    def laid_out(self, path, lines):
        """The lines as another person would lay them out."""
        found = []
        for text in lines:
            if path.endswith(('.c', '.h')):
                if text.strip().startswith('//'):
                    continue
                if text == '{' and found and not found[-1].endswith('\\'):
                    found[-1] += ' {'
                    continue
                if not text.lstrip().startswith(('#', '*')) and \
                        '"' not in text and '\'' not in text:
                    text = text.replace(', ', ' ,').replace(' = ', '=')
            found.append(text + self.chance.choice(['', ' ', '  ']))
            if not text.endswith('\\') and self.chance.random() < .2:
                found.append('')
        return found


class Directories(unittest.TestCase):
    """The question asked of directories."""

    def setUp(self):
        place = tempfile.TemporaryDirectory(prefix='mine test ')
        self.addCleanup(place.cleanup)
        self.directory = os.path.join(place.name, 'my kernel')

    def make(self, checkpoint):
        write_tree(BOOK[BOOK.number_of(checkpoint)].tree.snapshot(),
                   self.directory)

    def edit(self, name, old, new):
        path = os.path.join(self.directory, name)
        with open(path, 'rb') as stream:
            text = stream.read()
        self.assertIn(old, text)
        with open(path, 'wb') as stream:
            stream.write(text.replace(old, new))

    def write(self, name, content):
        path = os.path.join(self.directory, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'wb') as stream:
            stream.write(content)

    def ask(self, checkpoint=None):
        return '\n'.join(GUIDE.words(GUIDE.ask(self.directory, checkpoint)))

    def assert_refused(self, words, checkpoint=None):
        with self.assertRaises(Complaint) as caught:
            directory.find(ROOT, self.directory)
            self.ask(checkpoint)
        self.assertIn(words, str(caught.exception))
        self.assertNotIn('\n', str(caught.exception))

    def test_a_certain_checkpoint(self):
        self.make('3.30')
        self.edit('src/lib/terminal.c', b'volatile', b'volatil')
        self.assertIn('you are at checkpoint 3.30', self.ask())
        self.assertIn('compared with checkpoint 3.30', self.ask('3.30'))
        self.assertRegex(self.ask('3.30'), r'in src/lib/terminal.c, line \d+'
                         r', `.*volatil .* should be `.*volatile .*; the '
                         r'listing is book/03-vga.md:\d+')
        self.assertIn('then look at', self.ask('3.60'))
        self.assertIn('comes only later', self.ask('3.10'))
        self.assert_refused('no checkpoint 3.31: near it are 3.10', '3.31')
        self.assert_refused('no checkpoint x; one is named like', 'x')

    def test_what_is_no_source_and_ends_of_lines(self):
        self.make('2.20')
        self.edit('linker.ld', b'\n', b'\r\n')
        self.write('build/kernel.elf', b'\x7fELF\0')
        self.write('.git/config', b'x')
        self.write('picture.bin', b'\0\1')
        self.write('README.md', b'mine')
        os.symlink('/etc/passwd', os.path.join(self.directory, 'link'))
        out = self.ask()
        self.assertIn('everything is as the book has it', out)
        self.assertIn('linker.ld: the lines end as in DOS', out)
        self.assertNotIn('of your own', out)

    def test_what_is_no_kernel(self):
        self.assert_refused('there is no directory')
        os.makedirs(self.directory)
        self.assert_refused('is empty: the book begins with '
                            'book/01-freestanding.md:')
        self.write('notes', b'Nothing of it.\n')
        self.assert_refused('is no kernel of this book')
        self.write('Makefile', b'all:\n\tcc -o a a.c\n')
        self.assert_refused('does not look like a kernel of this book')
        with unittest.mock.patch.object(directory, 'MOST_FILES', 0):
            self.assert_refused('has more than 0 files')
        for self.directory in (ROOT, os.path.join(ROOT, 'Makefile')):
            self.assert_refused('DIR= is a directory with a kernel')
        self.directory = os.path.join(ROOT, 'tools')
        began = time.process_time()
        self.assert_refused('is no kernel of this book')
        self.assertLess(time.process_time() - began, 3)

    def test_a_recipe_with_blanks_for_its_tab(self):
        self.assertNotEqual(
            [text for text, _ in pieces('Makefile', ['all:', '\tcc a.c'])],
            [text for text, _ in pieces('Makefile', ['all:', '  cc a.c'])])


if __name__ == '__main__':
    unittest.main()
