"""Runs what the book promises, side by side; remembers what was true.

Pages are walked along (walk.py), which builds their states; what is shown
at a point is run in scratch roots of their own, beside links to common.mk,
tools and proofs.  What was true is not run again until the tree, the text
or a tool changes.
"""

import contextlib
import fcntl
import itertools
import json
import os
import re
import shutil
import tempfile

from common import files, terminal
from common.memory import Memory

from ..emulator import module
from ..reading.tree import digest, write_tree
from . import boot, screens, sessions, versions
from .pool import Pool
from .walk import Walk

# What a run may read beside the tree, and what every run is judged by.
BESIDE = ('tools', 'proofs', 'measure')
JUDGES = ('tools/book/reading/', 'tools/book/proving/', 'tools/common/',
          'tools/machine/', 'tools/qemu.py')
URGENT = 1000           # more than any guess at a point's worth


class Runner:
    """Runs points; remembers those that were true."""

    def __init__(self, root, report, jobs=None):
        # Some only wait for a machine: one more than there are processors.
        self.root, self.report = root, report
        self.jobs = jobs or (os.cpu_count() or 1) + 1
        self.other_versions = 0
        self.here = versions.installed()
        self.others = versions.others(versions.written(root, report),
                                      self.here)
        self.base = os.path.join(root, 'build', 'book')
        self.failed = os.path.join(self.base, 'failed')
        self.points = Memory('book', os.path.join(root, 'build', 'memory'))
        self.builds = Memory('states', os.path.join(root, 'build', 'memory'))
        self.numbers = itertools.count(1)
        self.open = {}          # id of a point -> [point, parts, findings]
        self.screens = {}       # (page, line) -> the cells of a screen
        self.known = {}         # what does not change meanwhile

    def run(self, routes):
        """Runs all points of the routes that are not known to be true."""
        points = [point for route in routes for point in route.points]
        os.makedirs(self.base, exist_ok=True)
        self.forget_failures(points)
        self.tidy()
        self.work = tempfile.mkdtemp(prefix='run-', dir=self.base)
        self.pool = None
        # The lock ends with us, however we end.
        with open(os.path.join(self.work, 'lock'), 'w') as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                self.pool = Pool(self.jobs)
                self.begin(routes, points)
                self.pool.wait()
                screens.write(self.base, points, self.screens)
            finally:
                if self.pool:
                    self.pool.stop()
                terminal.progress('')
                self.points.tidy()
                self.builds.tidy()
                shutil.rmtree(self.work, ignore_errors=True)

    def begin(self, routes, points):
        for point in points:
            if not self.remembers(point):
                self.open[id(point)] = [point, 1, []]
        self.total = len(self.open)
        for route in sorted(routes, key=lambda r: -len(r.states)):
            self.pool.add(URGENT, Walk(self, route).run)
            on_the_way = {id(state.point) for state in route.states}
            for point in route.points:
                if self.left(point) and id(point) not in on_the_way:
                    self.session(point)
                    self.finish(point)

    def forget_failures(self, points):
        """Removes what earlier runs of the same pages left to be seen."""
        prefixes = tuple({p.name.rpartition('-')[0] + '-' for p in points})
        if prefixes and os.path.isdir(self.failed):
            for name in os.listdir(self.failed):
                if name.startswith(prefixes):
                    self.remove(os.path.join(self.failed, name))

    def tidy(self):
        """Removes what runs that were killed have left."""
        for name in os.listdir(self.base):
            place = os.path.join(self.base, name)
            if name.startswith('run-'):
                with contextlib.suppress(OSError), \
                        open(os.path.join(place, 'lock'), 'a') as lock:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    self.remove(place)

    # --- Points ----------------------------------------------------------

    def left(self, point):
        """Whether a point is still to be run."""
        return id(point) in self.open

    def session(self, point):
        """Begins to run the commands of a point."""
        def run():
            top = self.scratch(point.trees)
            found = sessions.Session(self, point, top).run()
            if found:
                found[-1].text += '\n    (what ran is in %s)' \
                    % self.keep(top, point.name)
            else:
                self.remove(top)
            self.finish(point, found)
        self.another(point)
        self.pool.add(sum(map(sessions.worth, point.commands())), run)

    def boot(self, point, image, flags, stages):
        """Begins to boot an image."""
        def run():
            found = [sessions.Finding(*wrong) for wrong in boot.observe(
                self.root, image, flags, stages, self.pool.check)]
            for _, expected in stages:
                for shown in expected:
                    if getattr(shown, 'cells', None):
                        self.screens[point.page, shown.line] = shown.cells
            self.finish(point, found)
        self.another(point)
        self.pool.add(URGENT + 1, run)

    def another(self, point):
        """One more part of a point is being run."""
        with self.report.lock:
            self.open[id(point)][1] += 1

    def finish(self, point, findings=(), parts=1):
        """A part of a point has ended; after the last it is judged."""
        with self.report.lock:
            entry = self.open[id(point)]
            entry[1] -= parts
            entry[2] += findings
            if entry[1]:
                return
            del self.open[id(point)]
        self.judge(point, entry[2])
        terminal.progress('book: %d of %d  %s' % (
            self.total - len(self.open), self.total, point.name))

    def judge(self, point, findings):
        """Remembers a point that was true, else reports what was not."""
        if not findings:
            self.points.remember(self.point_key(point), screens.kept(
                point, self.screens))
        for finding in findings:
            self.other_versions += finding.other_version
            (self.report.warning if finding.other_version else
             self.report.error)(point.page, finding.line, finding.text)

    def remembers(self, point):
        kept = self.points.recall(self.point_key(point))
        if kept is None:
            return False
        self.screens.update(screens.recall(point, kept))
        return True

    # --- What a run depends on -------------------------------------------

    def point_key(self, point):
        trees = sorted((name, digest(tree))
                       for name, tree in point.trees.items())
        everything = any(map(sessions.uses_tools, point.commands()))
        return self.key('point', json.dumps(
            [trees, point.home, point.content()], default=str),
            self.once('everything' if everything else 'judges',
                      lambda: self.beside(everything)))

    def key(self, *parts):
        """A key for the memory: these, the rules and the tools."""
        return files.digest(*parts, self.once('rules', lambda: json.dumps([
            files.read(os.path.join(self.root, 'common.mk')).decode(),
            sorted(self.here.items()),
            [(name, os.environ.get(name))
             for name in ('PATH',) + sessions.CHOICES]])))

    def beside(self, everything):
        """The files that a run may read, and those that judge it. Only
        commands like `make test` look at all of tools/ and proofs/."""
        parts = [files.read(os.path.join(self.root, 'Makefile'))]
        for top in BESIDE:
            for path in files.below(os.path.join(self.root, top)):
                path = top + '/' + path
                if not path.startswith('tools/tests/') and (
                        everything or path.startswith(JUDGES)
                        or path.endswith(('.sh', '.cfg'))):
                    parts += [path, files.read(os.path.join(self.root,
                                                            path))]
        return files.digest(*parts)

    def once(self, name, find):
        if name not in self.known:
            self.known[name] = find()
        return self.known[name]

    # --- Scratch roots ---------------------------------------------------

    def command(self, text, where, **options):
        """Runs a command line, with what all runs share: objects that were
        compiled from the same input, tests that are known to be green, and
        how slow this machine is."""
        self.pool.check()
        build = os.path.join(self.root, 'build')
        ran = sessions.run_command(text, where, {
            'CCACHE_DIR': os.path.join(build, 'ccache'),
            'MEMORY_DIRECTORY': os.path.join(build, 'memory'),
            'REMEMBERED': os.path.join(build, 'remembered'),
            'SLOWNESS': self.slowness()}, **options)
        self.pool.check()       # it may have been ended by us
        return ran

    def slowness(self):
        with self.report.lock:
            return self.once('slowness', self.measure_slowness)

    def measure_slowness(self):
        qemu = module(self.root)
        try:
            return str(qemu.slowness())
        except qemu.QemuError:  # what needs it will say so
            return ''

    def place(self, end=''):
        """A path that was not used yet."""
        return os.path.join(self.work, '%04d%s' % (next(self.numbers), end))

    def scratch(self, trees):
        """A root like the repository's, with these trees in it."""
        top = self.place()
        os.makedirs(os.path.join(top, 'build'))
        for name in sorted(os.listdir(self.root)):
            if not name.startswith(('.', 'my-')) and name != 'build' \
                    and name not in trees and not re.match(r'\d\d-', name):
                os.symlink(os.path.join(self.root, name),
                           os.path.join(top, name))
        for name, tree in trees.items():
            write_tree(tree, os.path.join(top, name))
        return top

    def keep(self, top, name):
        """Moves the scratch root of a failure to where it can be seen."""
        kept = os.path.join(self.failed, name)
        self.remove(kept)
        os.makedirs(self.failed, exist_ok=True)
        os.rename(top, kept)
        return os.path.relpath(kept, self.root)

    @staticmethod
    def remove(directory):
        shutil.rmtree(directory, ignore_errors=True)
