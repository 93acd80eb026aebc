"""Walks along a page as a reader does: types a listing, runs `make`.

One directory for each page is built again after every listing, as far as
`make` finds it necessary.  So the proof knows which states of the tree
build, that none warns at a checkpoint, and has the images that the book
shows screens of.
"""

import os
import re
import shlex

from ..reading import forms
from ..reading.checkpoints import machine_of
from ..reading.tree import digest, write_tree
from . import boot, match
from .points import READER, clauses
from .sessions import Finding, quoted

LIMIT = 300             # seconds for a build
STEP = re.compile(r'^ +[A-Z]+ +(\S+)$')
BAD = re.compile(r'\b(error|warning):', re.I)


class Walk:
    """One page's walk."""

    def __init__(self, runner, route):
        self.runner, self.route = runner, route
        self.top = None
        self.written = {}       # what the directory holds
        self.kernel = None      # the path of kernel.elf, seen from there
        self.warnings = {}      # variables -> file -> its warnings

    def run(self):
        for state in self.route.states:
            self.visit(state)
        check_builds(self.route, self.runner.report)
        if self.top:
            self.runner.remove(self.top)

    def visit(self, state):
        """Builds a state and begins what is to be run there, unless it is
        known how that ends."""
        key = self.runner.key('build', digest(state.tree))
        failure = known = self.runner.builds.recall(key)
        point = state.point
        if point and self.runner.left(point):
            if point.needs_build():
                failure = self.machines(point, state.tree)
            if any(point.commands()):
                self.runner.session(point)
            self.runner.finish(point)
        if failure is None:
            failure = self.compile(state.tree)
        state.failure = failure
        if failure != known:
            self.runner.builds.remember(key, failure)

    # --- Builds ----------------------------------------------------------

    def write(self, tree):
        """Brings the directory to a state, touching only what differs."""
        if self.top is None:
            self.top = self.runner.scratch({READER: {}})
            self.home = os.path.join(self.top, READER)
        for path in self.written.keys() - tree.keys():
            os.remove(os.path.join(self.home, path))
        write_tree({path: what for path, what in tree.items()
                    if self.written.get(path) != what}, self.home)
        self.written = tree

    def compile(self, tree):
        """Makes the kernel; returns why that fails, '' if it does not."""
        if 'Makefile' not in tree:
            return ''
        self.write(tree)
        if self.kernel is None:
            self.kernel = self.build_directory(()) + '/kernel.elf'
        return self.make((), [self.kernel])

    def make(self, values, targets=()):
        """Runs make; returns why it fails, '' if it does not."""
        # With -O, what is said of one file is said in one piece.
        ran = self.runner.command(' '.join(map(shlex.quote, (
            'make', '-O', '-j%d' % (os.cpu_count() or 1), *values,
            *targets))), self.home, limit=LIMIT)
        lines = match.split_output(ran.output)
        self.note_warnings(values, lines)
        if ran.late:
            return ' it still ran after %d s' % LIMIT
        if ran.status:
            return quoted([t for t in lines if BAD.search(t)] or lines)
        return ''

    def note_warnings(self, values, lines):
        """A file's warnings hold until it is compiled again."""
        known, what = self.warnings.setdefault(values, {}), ''
        known.pop(what, None)
        for text in lines:
            step = STEP.match(text)
            if step:
                what = step[1]
                known.pop(what, None)
            elif BAD.search(text):
                known.setdefault(what, []).append(text)

    def warned(self, values):
        """The warnings of all files that there are."""
        return [text for what, found in self.warnings[values].items()
                for text in found
                if what in self.written or not what.startswith('src/')]

    def build_directory(self, values):
        ran = self.runner.command(' '.join(map(shlex.quote, (
            'make', '-s', 'print-build') + values)), self.home)
        return ran.output.strip() if ran.status == 0 else \
            '../build/' + READER

    # --- Checkpoints and screens -----------------------------------------

    def machines(self, point, tree):
        """Builds what a point promises, and begins its boots; returns why
        the kernel does not build."""
        found = []
        promises = [i for i in point.items if isinstance(i, forms.Promise)]
        variables = {(): (promises or point.items)[0].line}
        asked = False
        for clause in (c for item in promises for c in clauses(item)
                       if not c.of_a_command):
            asked = asked or clause.verb == 'builds'
            variables.setdefault(machine_of(clause.command)[0], clause.line)
        wanted = boots(point)
        if not wanted and not asked and 'Makefile' not in tree:
            return ''           # the book still compiles by hand
        self.write(tree)
        failures = {}
        for values, line in variables.items():
            failures[values] = self.build(found, line, values, (), promises)
        for (values, image, flags), expected in wanted.items():
            if not failures.get(values):
                self.boot(point, found, values, image, flags, expected,
                          promises)
        self.runner.finish(point, found, parts=0)
        return failures[()]

    def build(self, found, line, values, targets, promises):
        """Runs make; a checkpoint allows no warning either."""
        failure = self.make(values, targets)
        what = ' '.join(('make',) + tuple(values) + tuple(targets))
        if failure:
            found.append(Finding(line, 'does not build (`%s`):%s'
                                 % (what, failure)))
        elif promises and self.warned(values):
            found.append(Finding(line, 'builds with a warning (`%s`):%s'
                                 % (what, quoted(self.warned(values)))))
        return failure

    def boot(self, point, found, values, image, flags, expected, promises):
        line = min(e.line for some in expected.values() for e in some)
        path = self.build_directory(values)
        path += '/tests/%s.iso' % image if image else '/kernel.iso'
        if image and self.build(found, line, values, (path,), promises):
            return
        full = os.path.normpath(os.path.join(self.home, path))
        if not os.path.exists(full):
            found.append(Finding(line, '`make` makes no %s' % path))
            return
        # The walk goes on, and makes another.
        kept = self.runner.place('.iso')
        os.link(full, kept)
        for stages in chains(expected):
            self.runner.boot(point, kept, flags, stages)


def boots(point):
    """(variables, test image, flags) -> what is expected of it, as keys
    typed before -> what is expected then."""
    wanted = {}

    def expect(values, image, flags, keys, what):
        stages = wanted.setdefault((values, image, flags), {})
        stages.setdefault(keys, []).append(what)

    for item in point.items:
        if isinstance(item, forms.Screen):
            expect((), item.image, item.flags, item.keys,
                   boot.ShownScreen(item))
        for clause in clauses(item):
            if clause.verb == 'shows':
                values, flags = machine_of(clause.command)
                expect(values, None, flags, clause.keys,
                       boot.ShownText(item, clause))
    return wanted


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


# --- What is said of it --------------------------------------------------

def check_builds(route, report):
    """A listing after which the kernel does not build is announced: the
    reader would look for a mistake of their own."""
    states, excused = route.states[1:], set()
    for pause in route.pauses:
        first = next((n for n, state in enumerate(states)
                      if state.item.line > pause.line), None)
        end = pause_end(route, pause, first)
        if end is None:
            report.error(route.page, pause.line, 'no listing below changes '
                         '`%s`, or there is no such checkpoint' % pause.until)
            continue
        excused.update(range(first, end))
        if not states[first].failure:
            report.error(route.page, pause.line, 'announced, but the kernel '
                         'builds after the next listing, in line %d'
                         % states[first].item.line)
        elif states[end].failure:
            report.error(route.page, pause.line, 'the kernel does not build '
                         'where it is promised, after the listing in line '
                         '%d:%s' % (states[end].item.line,
                                    states[end].failure))
    told = False
    for number, state in enumerate(states):
        wrong = state.failure and number not in excused and \
            not state.shows_failure()
        if wrong and not told:
            report.rule(route.page, state.item.line, 'the kernel does not '
                        'build after this listing, and nothing above says '
                        "so: *The kernel won't build until `PATH` below.*%s"
                        % state.failure)
        told = wrong


def pause_end(route, pause, first):
    """The number of the state that builds again."""
    states = route.states[1:]
    if first is None:
        return None
    for promise in route.promises:
        if promise.name == pause.until and promise.line > pause.line:
            return max(n for n, state in enumerate(states)
                       if state.item.line < promise.line)
    return next((n for n, state in enumerate(states)
                 if n > first and pause.until in state.item.touched()), None)
