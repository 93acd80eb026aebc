"""Transcripts, and what checkpoints promise of a command's output."""

import os
import re
import shlex
import tempfile
from dataclasses import dataclass

from common import files, processes

from ..reading import forms
from ..reading.report import one_line
from ..reading.tree import is_executable, write_tree
from . import match, versions
from .points import clauses

ADDRESS = re.compile(r'\b(?:0x)?[0-9a-f]*[0-9][0-9a-f]{5,}\b')
LIMIT = 240             # seconds for a command
# What of our environment a run may see; the rest is as on any machine.
PASSED_ON = ('PATH', 'HOME', 'USER', 'LOGNAME', 'TMPDIR', 'FRESH')
CHOICES = ('CROSS_COMPILE', 'GRUB_MKRESCUE', 'GRUB_MODULES', 'QEMU', 'GDB',
           'ACCEL', 'NASM', 'PYTHON', 'HOSTCC', 'TIMEOUT')


@dataclass
class Finding:
    """A problem of a point, before it is known how bad it is."""
    line: int
    text: str
    other_version: bool = False


@dataclass
class Ran:
    """How a command ended, and in which directory."""
    output: str
    status: int
    where: str
    late: bool


def environment():
    """The same for every run, on every machine."""
    names = PASSED_ON + CHOICES
    result = {n: os.environ[n] for n in names if n in os.environ}
    result.update(JOBS='1', LC_ALL='C', TERM='dumb', COLUMNS='80',
                  LINES='25', SHELL='/bin/sh', PYTHONDONTWRITEBYTECODE='1',
                  PYTHONUNBUFFERED='1')
    return result


def run_command(text, where, extra, before=(), limit=None):
    """Runs a command line as a reader would: by sh, its two outputs mixed,
    but with no terminal and nothing to read. What was set `before` is set
    again; on the same line, since sh counts lines in its complaints."""
    with tempfile.NamedTemporaryFile('r') as ended_in:
        script = '%s\n__status=$?; pwd >"$BOOK_PWD"; exit $__status' % (
            ''.join(line.replace('\\\n', ' ') + '; ' for line in before)
            + text)
        ran = processes.run(
            ['sh', '-c', script, 'sh'], limit=limit or LIMIT, cwd=where,
            env=dict(environment(), BOOK_PWD=ended_in.name, **extra))
        after = ended_in.read().rstrip('\n')
    return Ran(ran.output, ran.status, after or where, ran.late)


class Session:
    """The commands of one point, in the page's order, in a fresh root."""

    def __init__(self, runner, point, top):
        self.runner, self.point, self.top = runner, point, top
        self.home = os.path.join(top, point.home)
        self.found = []
        self.ran = {}           # command line -> how it ended

    def run(self):
        """Returns what was not true."""
        for item in self.point.items:
            if isinstance(item, forms.Transcript):
                self.transcript(item)
                self.check_left(item.end)
            wanted = [c for c in clauses(item) if c.of_a_command]
            for clause in wanted:
                self.output_clause(item, clause)
            if wanted:
                self.check_left(item.line)
        return self.found

    def add(self, line, text, others=()):
        """A finding, and only a warning if these tools are of another
        version than the book's."""
        if others:
            text = 'other version (%s): %s' % (', '.join(
                '%s %s' % (name, self.runner.here.get(name) or 'missing')
                for name in sorted(others)), text)
        self.found.append(Finding(line, text, bool(others)))

    def transcript(self, item):
        where, variables = self.home, []
        for command in item.commands:
            ran = self.runner.command(command.text, where, before=variables)
            where = ran.where
            if where == self.home and not variables:
                self.ran[command.text] = ran
            if sets_variables(command.text):
                variables.append(command.text)
            if ran.late:
                self.add(command.line, '`%s` still ran after %d s'
                         % (command.text, LIMIT))
                return
            self.compare(command, ran)
        if os.path.realpath(where) != os.path.realpath(self.home):
            self.add(item.end, 'the transcript ends in another directory: '
                     'come back with `$ cd`')

    def compare(self, command, ran):
        actual = match.split_output(ran.output)
        difference = match.first_difference(command.output, actual)
        if difference is None:
            return
        line = command.line + command.text.count('\n')
        line += min(difference[0] + 1, len(command.output))
        self.add(line, '`%s` says something else:\n%s' % (
            command.text.replace('\n', ' '),
            match.side_by_side(command.output, actual,
                               ('the book', 'this machine'))),
            self.runner.others & versions.used_by(command.text))

    def output_clause(self, promise, clause):
        # The tests of a tree take long, and have no reason to end in
        # another way a second time.
        ran = self.ran.get(clause.command) \
            if clause.command.startswith('make test') else None
        ran = ran or self.runner.command(clause.command, self.home)
        self.ran[clause.command] = ran
        lines = match.split_output(ran.output)
        last = lines[-1] if lines else ''
        wrong = None
        if ran.late:
            wrong = 'it still ran after %d s' % LIMIT
        elif clause.verb == 'fails with' and ran.status == 0:
            wrong = 'it does not fail'
        elif clause.verb != 'fails with' and ran.status != 0:
            wrong = 'it fails with exit status %d' % ran.status
        elif clause.verb == 'ends with':
            if not match.line_fits(clause.text, last):
                wrong = 'its last line is %s' % one_line(last)
        elif not any(match.line_has(clause.text, text) for text in lines):
            wrong = 'no line of its output has that'
        if wrong:
            # Addresses are the compiler's choice; all else is a promise.
            self.add(clause.line, 'checkpoint %s: `%s` %s `%s`: %s%s'
                     % (promise.name, clause.command, clause.verb,
                        clause.text, wrong, quoted(lines)),
                     self.runner.others & versions.used_by(clause.command)
                     if ADDRESS.search(clause.text) else ())

    def check_left(self, line):
        """A reader's tree must not be changed by what the book runs."""
        for name, tree in self.point.trees.items():
            directory = os.path.join(self.top, name)
            here = set(files.below(directory))
            for path in sorted(here - set(tree)):
                self.add(line, 'this leaves `%s` behind in the tree: remove '
                         'it here, or write to ../build' % path)
                os.remove(os.path.join(directory, path))
            for path in sorted(tree):
                full = os.path.join(directory, path)
                if not os.path.isfile(full) or \
                        (files.read(full), is_executable(full)) != tree[path]:
                    self.add(line, 'this changes `%s` in the tree, which '
                             'only listings do' % path)
                    write_tree({path: tree[path]}, directory)


def sets_variables(command):
    """Whether a command line only sets variables of the shell."""
    try:
        words = shlex.split(command)
    except ValueError:
        return False
    if words[:1] == ['export']:
        words = words[1:]
    return bool(words) and all(re.match(r'[A-Za-z_]\w*=', w) for w in words)


def worth(command):
    """A guess at how long a command takes, in builds."""
    if re.search(r'\bmake test\b', command):
        return 5 if 'TEST=' in command else 30
    return 1 if re.search(r'\b(make|qemu|gdb|timeout|sleep)', command) else .1


def uses_tools(command):
    """Whether a command may read more than the tree and common.mk."""
    if re.search(r'\b(tools|proofs)\b', command):
        return True
    for found in re.finditer(r'\bmake\b([^;|&\n]*)', command):
        targets = [w for w in found.group(1).split()
                   if '=' not in w and not w.startswith('-')]
        if any(w not in ('all', 'clean', 'help') and '/' not in w
               for w in targets):
            return True
    return False


def quoted(lines, most=10):
    """The end of an output, indented below a message."""
    shown = lines[-most:]
    if len(lines) > most:
        shown.insert(0, '...')
    return ''.join('\n    ' + text for text in shown)
