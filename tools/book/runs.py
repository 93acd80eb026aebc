"""Runs what the book promises: transcripts, checkpoints, screens.

A point is one state of the reader's tree with all that the book shows
there. Points know nothing of each other: each has a scratch root of its
own (a copy of the tree beside links to common.mk, tools, tests), so they
run in parallel, and one that was true is not run again until its tree, its
text or a tool changes.
"""

import concurrent.futures
import contextlib
import dataclasses
import hashlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from typing import Dict, List

from . import boot, forms, match, screens, versions
from .compilers import Compilers
from .report import Problem, one_line
from .tree import digest, files_below, is_executable, write_tree

READER = 'my-kernel'
ADDRESS = re.compile(r'\b(?:0x)?[0-9a-f]*[0-9][0-9a-f]{5,}\b')
COMMAND_LIMIT = 240
BUILD_LIMIT = 300
OUTPUT_LIMIT = 1 << 20
# What of our environment a run may see; the rest is as on any machine.
PASSED_ON = ('PATH', 'HOME', 'USER', 'LOGNAME', 'TMPDIR')
CHOICES = ('CROSS_COMPILE', 'GRUB_MKRESCUE', 'GRUB_MODULES', 'QEMU', 'GDB',
           'ACCEL', 'NASM', 'PYTHON', 'HOSTCC', 'TIMEOUT')


@dataclasses.dataclass
class Point:
    page: str
    name: str                   # of its directory: 03-vga-120
    trees: Dict[str, dict]      # directory -> snapshot
    home: str                   # where commands run; '.' is the root
    items: List = dataclasses.field(default_factory=list)
    last: bool = False          # the state at a chapter's end

    def parts(self):
        """What can be done at the same time, each with a guess at its
        worth: whatever takes long is begun first."""
        result = []
        if self.needs_session():
            result.append((sum(map(worth, self.commands())), 'session'))
        if self.needs_build():
            result.append((len(self.items), 'builds'))
        return result

    def commands(self):
        """The command lines that sh runs here."""
        for item in self.items:
            if isinstance(item, forms.Transcript):
                for command in item.commands:
                    yield command.text
            elif isinstance(item, forms.Promise):
                for clause in filter(is_session, item.clauses):
                    yield clause.command

    def needs_build(self):
        return any(isinstance(i, (forms.Promise, forms.Screen))
                   for i in self.items)

    def needs_session(self):
        return any(isinstance(i, forms.Transcript) or is_session(clause)
                   for i in self.items
                   for clause in getattr(i, 'clauses', [None]))


def is_session(clause):
    """Whether a checkpoint's clause is about the output of a command."""
    return clause is not None and clause.verb not in ('builds', 'shows')


@dataclasses.dataclass
class Finding:
    """A problem of a point, before it is known how bad it is."""
    line: int
    text: str
    other_version: bool = False


class Runner:
    """Runs points; remembers those that were true."""

    def __init__(self, root, report, jobs=2, strict_versions=False,
                 fresh=False):
        self.root, self.report, self.jobs = root, report, jobs
        self.strict_versions = strict_versions
        self.fresh = fresh
        self.other_versions = 0
        self.remembered = 0
        self.here = versions.installed()
        self.others = versions.others(versions.written(root, report),
                                      self.here)
        self.base = os.path.join(root, 'build', 'book')
        self.cache = os.path.join(self.base, 'cache')
        self.failed = os.path.join(self.base, 'failed')
        self.work = None
        self.compilers = None
        self.slow = None
        self.places = 0         # scratch roots, so far
        self.screens = {}       # (page, line) -> the cells of a screen
        self.digests = {}

    def run(self, points):
        os.makedirs(self.cache, exist_ok=True)
        self.forget_failures(points)
        self.tidy()
        self.work = tempfile.mkdtemp(prefix='run-', dir=self.base)
        self.compilers = Compilers(self.work)
        progress = Progress(len(points))
        pool = concurrent.futures.ThreadPoolExecutor(self.jobs)
        futures = {}
        try:
            left = {}
            for point in points:
                if self.remembers(point):
                    progress.tell(point)
                else:
                    left[id(point)] = len(point.parts())
            parts = [(guess, point, part) for point in points
                     if id(point) in left for guess, part in point.parts()]
            parts.sort(key=lambda entry: -entry[0])
            for _, point, part in parts:
                run = Run(self, point)
                futures[pool.submit(run.findings, part)] = point
            found = {key: [] for key in left}
            for future in concurrent.futures.as_completed(futures):
                point = futures[future]
                found[id(point)] += future.result()
                left[id(point)] -= 1
                if not left[id(point)]:
                    self.judge(point, found[id(point)])
                    progress.tell(point)
            screens.write(self.base, points, self.screens)
        finally:
            for future in futures:
                future.cancel()
            pool.shutdown()
            progress.clear()
            shutil.rmtree(self.work, ignore_errors=True)

    def forget_failures(self, points):
        """Removes what earlier runs of the same pages left to be seen."""
        if not os.path.isdir(self.failed):
            return
        prefixes = tuple({p.name.rpartition('-')[0] + '-' for p in points})
        for name in os.listdir(self.failed):
            if prefixes and name.startswith(prefixes):
                shutil.rmtree(os.path.join(self.failed, name),
                              ignore_errors=True)

    def tidy(self):
        """Removes what is old: memories, and runs that were killed."""
        for directory, prefix, days in ((self.cache, '', 60),
                                        (self.base, 'run-', 1)):
            for name in os.listdir(directory):
                path = os.path.join(directory, name)
                with contextlib.suppress(OSError):
                    if name.startswith(prefix) and \
                            time.time() - os.stat(path).st_mtime > \
                            days * 86400:
                        if os.path.isdir(path):
                            shutil.rmtree(path, ignore_errors=True)
                        else:
                            os.remove(path)

    def slowness(self):
        """Measured once, not in every fresh directory `build`."""
        with self.report.lock:
            if self.slow is None:
                qemu = boot.qemu_module(self.root)
                try:
                    self.slow = str(qemu.slowness())
                except qemu.QemuError:      # whoever needs it will say so
                    self.slow = ''
        return self.slow

    def memory(self, point):
        """The file that says that a point was true."""
        return os.path.join(self.cache, self.key(point))

    def remembers(self, point):
        path = self.memory(point)
        if self.fresh or not os.path.exists(path):
            return False
        os.utime(path)
        with open(path, encoding='utf-8') as stream:
            self.screens.update(screens.recall(point, stream.read()))
        self.remembered += 1
        return True

    def judge(self, point, findings):
        """Remembers a point that was true, else reports what was not."""
        if not findings:
            with open(self.memory(point), 'w', encoding='utf-8') as stream:
                stream.write(point.name + '\n'
                             + screens.remember(point, self.screens))
        for finding in findings:
            warning = finding.other_version and not self.strict_versions
            self.other_versions += warning
            self.report.add(Problem(point.page, finding.line, finding.text,
                                    warning))

    # --- What a run depends on -----------------------------------------

    def key(self, point):
        facts = [
            sorted((name, digest(tree)) for name, tree in
                   point.trees.items()),
            point.home, point.last, [plain(i) for i in point.items],
            sorted(self.here.items()),
            [(name, os.environ.get(name)) for name in ('PATH',) + CHOICES],
            self.tools_digest(any(map(uses_tools, point.commands()))),
        ]
        text = json.dumps(facts, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()

    def tools_digest(self, everything):
        """The files beside the tree that a run may read. Only commands
        like `make test` look at all of tools/ and tests/."""
        if everything not in self.digests:
            total = hashlib.sha256()
            for path in self.beside(everything):
                with open(os.path.join(self.root, path), 'rb') as stream:
                    total.update(path.encode() + b'\0' + stream.read())
            self.digests[everything] = total.hexdigest()
        return self.digests[everything]

    def beside(self, everything):
        found = [n for n in ('common.mk', 'Makefile')
                 if os.path.isfile(os.path.join(self.root, n))]
        for top in ('tools', 'proofs'):
            for path in files_below(os.path.join(self.root, top)):
                path = top + '/' + path
                if '__pycache__' in path or path.startswith('tools/tests/'):
                    continue
                needed = path.startswith('tools/book') or path in (
                    'tools/qemu.py',) or path.endswith(('.sh', '.cfg'))
                if (everything or needed) and os.path.isfile(
                        os.path.join(self.root, path)):
                    found.append(path)
        return found

    # --- Scratch roots ---------------------------------------------------

    def scratch(self, point):
        """A root like the repository's, with the point's trees in it."""
        with self.report.lock:
            self.places += 1
            top = os.path.join(self.work, '%04d' % self.places)
        os.makedirs(os.path.join(top, 'build'))
        for name in sorted(os.listdir(self.root)):
            if name.startswith(('.', 'my-')) or name == 'build' \
                    or name in point.trees or re.match(r'\d\d-', name):
                continue
            os.symlink(os.path.join(self.root, name),
                       os.path.join(top, name))
        for name, tree in point.trees.items():
            write_tree(tree, os.path.join(top, name))
        return top

    def keep(self, top, name):
        """Moves the scratch root of a failure to where it can be seen."""
        kept = os.path.join(self.failed, name)
        shutil.rmtree(kept, ignore_errors=True)
        os.makedirs(self.failed, exist_ok=True)
        with contextlib.suppress(OSError):
            os.rename(top, kept)
        return os.path.relpath(kept, self.root)


class Run:
    """One point's run."""

    def __init__(self, runner, point):
        self.runner, self.point = runner, point
        self.found = []
        self.place, self.from_nothing = '', False
        self.ran = {}           # command line -> how it ended

    def add(self, line, text, other_version=False):
        self.found.append(Finding(line, text, other_version))

    def findings(self, part):
        """Runs one of the point's parts."""
        self.from_nothing = self.point.last and part == 'builds'
        if part == 'session':
            self.in_scratch('', self.session)
        else:
            self.in_scratch('-strict', self.builds)
        return self.found

    def command(self, text, where, **options):
        """Runs a command line. What another state of the tree has
        compiled from the same input is taken, but not in the strict
        build at a chapter's end, which is made from nothing. And of the
        tests of a whole tree those are taken that are known to be green
        (see tools/remembered.py)."""
        extra = {} if self.from_nothing else \
            self.runner.compilers.environment(self.place)
        if not self.runner.fresh:
            extra['REMEMBERED'] = os.path.join(self.runner.root, 'build',
                                               'remembered')
            extra['REMEMBERED_PATH'] = os.environ.get('PATH', '')
        extra['SLOWNESS'] = self.runner.slowness()
        return run_command(text, where, extra=extra, **options)

    def in_scratch(self, suffix, work):
        before = len(self.found)
        top = self.runner.scratch(self.point)
        self.place = '/'.join(top.split(os.sep)[-2:])
        work(top)
        if len(self.found) > before:
            kept = self.runner.keep(top, self.point.name + suffix)
            self.found[-1].text += '\n    (what ran is in %s)' % kept
        else:
            shutil.rmtree(top, ignore_errors=True)

    # --- Commands --------------------------------------------------------

    def session(self, top):
        """Transcripts and commands of checkpoints, in the page's order."""
        home = os.path.join(top, self.point.home)
        for item in self.point.items:
            if isinstance(item, forms.Transcript):
                self.transcript(item, home)
                self.check_left(item.end, top)
            elif isinstance(item, forms.Promise):
                for clause in filter(is_session, item.clauses):
                    self.output_clause(item, clause, home)
                self.check_left(item.line, top)

    def transcript(self, item, home):
        where, variables = home, []
        for command in item.commands:
            ran = self.command(command.text, where, before=variables)
            where = ran.where
            if where == home and not variables:
                self.ran[command.text] = ran
            if sets_variables(command.text):
                variables.append(command.text)
            if ran.late:
                self.add(command.line, '`%s` still ran after %d s'
                         % (command.text, COMMAND_LIMIT))
                return
            self.compare(command, ran)
        if os.path.realpath(where) != os.path.realpath(home):
            self.add(item.end, 'the transcript ends in another directory: '
                     'come back with `$ cd`')

    def compare(self, command, ran):
        actual = match.split_output(ran.output)
        difference = match.first_difference(command.output, actual)
        if difference is None:
            return
        others = self.runner.others & versions.used_by(command.text)
        line = command.line + command.text.count('\n')
        line += min(difference[0] + 1, len(command.output))
        text = '`%s` says something else:\n%s' % (
            command.text.replace('\n', ' '),
            match.side_by_side(command.output, actual,
                               ('the book', 'this machine')))
        self.add_versioned(line, text, others)

    def add_versioned(self, line, text, others):
        """A finding, and only a warning if these tools are of another
        version than the book's."""
        if others:
            text = 'other version (%s): %s' % (', '.join(
                '%s %s' % (name, self.runner.here.get(name) or 'missing')
                for name in sorted(others)), text)
        self.add(line, text, bool(others))

    def output_clause(self, promise, clause, home):
        # The tests of a tree take long, and have no reason to end in
        # another way a second time.
        ran = self.ran.get(clause.command) \
            if clause.command.startswith('make test') else None
        ran = ran or self.command(clause.command, home)
        self.ran[clause.command] = ran
        lines = match.split_output(ran.output)
        last = lines[-1] if lines else ''
        wrong = None
        if ran.late:
            wrong = 'it still ran after %d s' % COMMAND_LIMIT
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
            others = self.runner.others & versions.used_by(clause.command) \
                if ADDRESS.search(clause.text) else ()
            self.add_versioned(
                clause.line, 'checkpoint %s: `%s` %s `%s`: %s%s'
                % (promise.name, clause.command, clause.verb, clause.text,
                   wrong, quoted(lines)), others)

    def check_left(self, line, top):
        """A reader's tree must not be changed by what the book runs."""
        for name, tree in self.point.trees.items():
            directory = os.path.join(top, name)
            here = set(files_below(directory))
            for path in sorted(here - set(tree)):
                self.add(line, 'this leaves `%s` behind in the tree: remove '
                         'it here, or write to ../build' % path)
                os.remove(os.path.join(directory, path))
            for path in sorted(tree):
                full = os.path.join(directory, path)
                if path not in here or not same(full, tree[path]):
                    self.add(line, 'this changes `%s` in the tree, which '
                             'only listings do' % path)
                    write_tree({path: tree[path]}, directory)

    # --- Builds and machines -------------------------------------------

    def builds(self, top):
        """The strict build of a checkpoint, and all machines."""
        home = os.path.join(top, self.point.home)
        promises = [i for i in self.point.items
                    if isinstance(i, forms.Promise)]
        strict = ('STRICT=1',) if promises else ()
        wanted = self.boots()
        variables = {(): (promises or self.point.items)[0].line}
        for promise in promises:
            for clause in promise.clauses:
                if not is_session(clause):
                    values, _ = forms.machine_of(clause.command)
                    variables.setdefault(values, clause.line)
        if not wanted and list(variables) == [()] and \
                not self.has_makefile():
            return              # the book still compiles by hand
        for values, line in variables.items():
            if not self.build(home, strict + values, [], line):
                wanted = {k: v for k, v in wanted.items() if k[0] != values}
        for (values, image, flags), expected in wanted.items():
            self.boot(home, strict, values, image, flags, expected)

    def has_makefile(self):
        """Whether the tree can be built at all; a checkpoint that says so
        asks for a build in any case."""
        asked = any(clause.verb == 'builds' for item in self.point.items
                    for clause in getattr(item, 'clauses', []))
        return asked or 'Makefile' in self.point.trees.get(
            self.point.home, {})

    def build(self, home, values, targets, line):
        ran = self.command(' '.join(map(shlex.quote, ('make', '-j2') +
                                        tuple(values) + tuple(targets))),
                           home, limit=BUILD_LIMIT)
        lines = match.split_output(ran.output)
        what = ' '.join(('make',) + tuple(values) + tuple(targets))
        bad = [t for t in lines if re.search(r'\b(error|warning):', t, re.I)]
        if ran.late:
            self.add(line, '`%s` still ran after %d s' % (what, BUILD_LIMIT))
        elif ran.status != 0:
            self.add(line, 'does not build (`%s`):%s'
                     % (what, quoted(bad or lines)))
        elif bad:
            self.add(line, 'builds with a warning (`%s`):%s'
                     % (what, quoted(bad)))
        else:
            return True
        return False

    def boots(self):
        """(variables, test image, flags) -> what is expected of it, as
        pairs (keys typed before, what is expected then)."""
        wanted = {}

        def expect(values, image, flags, keys, what):
            stages = wanted.setdefault((values, image, flags), {})
            stages.setdefault(keys, []).append(what)

        for item in self.point.items:
            if isinstance(item, forms.Screen):
                expect((), item.image, item.flags, item.keys,
                       boot.ShownScreen(item))
            for clause in getattr(item, 'clauses', []):
                if clause.verb == 'shows':
                    values, flags = forms.machine_of(clause.command)
                    expect(values, None, flags, clause.keys,
                           boot.ShownText(item, clause))
        return wanted

    def boot(self, home, strict, values, image, flags, expected):
        line = min(e.line for some in expected.values() for e in some)
        ran = self.command(' '.join(map(shlex.quote, (
            'make', '-s', 'print-build') + values)), home)
        build = ran.output.strip() if ran.status == 0 else \
            '../build/' + self.point.home
        path = '%s/tests/%s.iso' % (build, image) if image else \
            build + '/kernel.iso'
        if image and not self.build(home, strict + values, [path], line):
            return
        full = os.path.normpath(os.path.join(home, path))
        if not os.path.exists(full):
            self.add(line, '`make` makes no %s' % path)
            return
        for stages in chains(expected):
            for where, text in boot.observe(self.runner.root, full, flags,
                                            stages):
                self.add(where, text)
        for shown in sum(expected.values(), []):
            if getattr(shown, 'cells', None):
                self.runner.screens[self.point.page, shown.line] = \
                    shown.cells


# --- Small helpers -------------------------------------------------------

class Progress:
    """How far we are, on a terminal."""

    def __init__(self, total):
        self.total, self.done = total, 0
        self.shown = sys.stderr.isatty()

    def tell(self, point):
        self.done += 1
        if self.shown:
            sys.stderr.write('\r\033[Kbook: %d of %d  %s'
                             % (self.done, self.total, point.name))
            sys.stderr.flush()

    def clear(self):
        if self.shown:
            sys.stderr.write('\r\033[K')


def chains(expected):
    """Keys -> what is expected, as lists of stages for one boot each: a
    boot goes on typing where another text begins with what it typed."""
    lists = []
    for keys in sorted(expected, key=len):
        for stages in lists:
            if keys.startswith(stages[-1][0]):
                break
        else:
            stages = []
            lists.append(stages)
        stages.append((keys, expected[keys]))
    return lists


@dataclasses.dataclass
class Ran:
    output: str
    status: int
    where: str
    late: bool = False


def environment():
    """The same for every run, on every machine."""
    names = PASSED_ON + CHOICES
    result = {n: os.environ[n] for n in names if n in os.environ}
    # One compiler at a time: what a build says comes in one order.
    result.update(JOBS='1', LC_ALL='C', TERM='dumb', COLUMNS='80', LINES='25',
                  SHELL='/bin/sh', PYTHONDONTWRITEBYTECODE='1',
                  PYTHONUNBUFFERED='1')
    return result


def sets_variables(command):
    """Whether a command line only sets variables of the shell."""
    try:
        words = shlex.split(command)
    except ValueError:
        return False
    if words[:1] == ['export']:
        words = words[1:]
    return bool(words) and all(re.match(r'[A-Za-z_]\w*=', w) for w in words)


def run_command(text, where, limit=COMMAND_LIMIT, before=(), extra=None):
    """Runs a command line as a reader would: by sh, its two outputs mixed,
    but with no terminal and nothing to read. What was set `before` is set
    again; on the same line, since sh counts lines in its complaints."""
    with tempfile.TemporaryFile() as output, \
            tempfile.NamedTemporaryFile('r') as ended_in:
        script = '%s\n__status=$?; pwd >"$BOOK_PWD"; exit $__status' % (
            ''.join(line.replace('\\\n', ' ') + '; ' for line in before)
            + text)
        process = subprocess.Popen(
            ['sh', '-c', script, 'sh'], cwd=where, stdin=subprocess.DEVNULL,
            stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
            env=dict(environment(), BOOK_PWD=ended_in.name,
                     **(extra or {})))
        late = False
        try:
            process.wait(limit)
        except subprocess.TimeoutExpired:
            late = True
        finally:
            with contextlib.suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        output.seek(0)
        said = output.read(OUTPUT_LIMIT).decode('utf-8', 'replace')
        after = ended_in.read().rstrip('\n')
    return Ran(said, process.returncode, after or where, late)


def worth(command):
    """A guess at how long a command takes, in builds."""
    if re.search(r'\bmake test\b', command):
        return 5 if 'TEST=' in command else 30
    return 1 if re.search(r'\b(make|qemu|gdb|timeout|sleep)', command) else .1


def uses_tools(command):
    """Whether a command may read more than the tree and common.mk."""
    if re.search(r'\b(tools|tests)\b', command):
        return True
    for found in re.finditer(r'\bmake\b([^;|&\n]*)', command):
        targets = [w for w in found.group(1).split()
                   if '=' not in w and not w.startswith('-')]
        if any(w not in ('all', 'clean', 'help') and '/' not in w
               for w in targets):
            return True
    return False


def plain(item):
    """A form without its place in the page: what it says."""
    def strip(value):
        if isinstance(value, dict):
            return {k: strip(v) for k, v in value.items()
                    if k not in ('line', 'end', 'body_line')}
        if isinstance(value, (list, tuple)):
            return [strip(v) for v in value]
        return value
    return [type(item).__name__, strip(dataclasses.asdict(item))]


def same(path, wanted):
    content, executable = wanted
    with open(path, 'rb') as stream:
        return stream.read() == content and \
            is_executable(path) == executable


def quoted(lines, most=10):
    """The end of an output, indented below a message."""
    shown = lines[-most:]
    if len(lines) > most:
        shown.insert(0, '...')
    return ''.join('\n    ' + text for text in shown)
