"""Trying the mutants of one tree, side by side, and the sum.

A mutant counts if it compiles (warnings do not matter), if its object
differs from the original's (debugging information aside), and if no
earlier mutant of the same file made the same object.  It is killed if one
of the programs that `make test THOROUGH=1` runs fails; they are run one
after the other, likely ones first.  It hangs if a program takes four times
what it took unbroken, and at least 4 seconds; that kills it as well.

Verdicts are remembered by the whole kernel's code with the mutant in it:
that of a killed one as long as the tests that killed it are the same, a
survivor's as long as all are.  Comments and the layout of lines do not
matter, nor do the tools' own versions; FRESH=1 tries all again.
"""

import collections
import os
import random
import shutil
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor

from common import files, processes
from common.memory import Memory
from common.terminal import Complaint, progress, say
from testing.trees import Tree

from . import chosen, excuses
from .changes import code_of
from .workshop import Broken, Workshop

AT_LEAST = 85           # of 100, to succeed
SHORTEST_LIMIT = 4      # seconds that a program may always take
PATIENCE = 4            # times what it takes unbroken


class Content:
    """What verdicts depend on.

    source(mutant)   the whole kernel with this mutant in it
    tests(program)   the tests of a program; of all of them for None"""

    def __init__(self, tree, quick):
        self.codes = {
            path: code_of(path, files.read_text(os.path.join(tree, path)))
            for path in files.below(tree, skip=("README.md",))
            if not chosen.is_test(path)}
        proofs = os.path.join(os.path.dirname(tree), "proofs")
        self.rules = digest_code(
            [os.path.join(os.path.dirname(tree), "common.mk")]
            + [os.path.join(proofs, place, path)
               for place in ("host/include", "host/support",
                             "machine/support")
               for path in files.below(os.path.join(proofs, place))])
        # Read now, like the copy that is tested: later they may differ.
        sources = {program.id: program.sources
                   for program in Tree(tree).programs()
                   if not (quick and program.proof
                           and program.proof.thorough)}
        self.sums = {name: digest_code(paths)
                     for name, paths in sources.items()}
        self.sums[None] = files.digest(*(
            part for item in sorted(self.sums.items()) for part in item))

    def source(self, mutant):
        """A key for a mutant's verdict."""
        codes = dict(self.codes)
        codes[mutant.path] = code_of(mutant.path, mutant.text)
        return files.digest(self.rules, mutant.path, *(
            part for item in sorted(codes.items()) for part in item))

    def tests(self, program):
        """A program's tests."""
        return self.sums.get(program, "none")


def digest_code(paths):
    """A digest of files by their code."""
    return files.digest(*(part for path in sorted(paths) for part in (
        os.path.basename(path), code_of(path, files.read_text(path)))))


class Run:
    """The mutants of one tree.

    A verdict is a list: "broken" (does not compile), "same" (as the
    original), or "killed" or "survived" with the object's digest, the
    program that killed it, how, and the digest of the tests."""

    def __init__(self, tree, options):
        self.root, self.name = os.path.split(tree)
        self.tree = tree
        self.options = options
        self.content = Content(tree, options.quick)
        self.memory = Memory("mutants")
        self.excuses = excuses.read(os.path.join(
            self.root, "proofs", "excuses", self.name + ".txt"))
        self.lock = threading.Lock()
        self.testing = {}       # digest of an object: its verdict, to come
        self.seconds = {}       # what each program takes unbroken
        self.kills = collections.Counter()
        self.deadline = None
        if options.seconds:
            self.deadline = time.monotonic() + options.seconds

    def run(self):
        """Tries the mutants; True if enough of them were killed."""
        mutants = chosen.choose(self.tree, self.options)
        if self.options.list:
            for mutant in mutants:
                say("%s:%d: %s: %s => %s" % (
                    mutant.path, mutant.line, mutant.operator,
                    mutant.before, mutant.after))
            say("%s: %d mutants" % (self.name, len(mutants)))
            return True
        if not mutants:
            say("%s: there is nothing to break" % self.name)
            return True
        keys = {mutant: self.content.source(mutant) for mutant in mutants}
        verdicts = {mutant: self.recall(key) for mutant, key in keys.items()}
        left = [mutant for mutant in mutants if verdicts[mutant] is None]
        if left:
            self.try_all(left, keys, verdicts)
        tried = [(mutant, verdicts[mutant]) for mutant in mutants
                 if verdicts[mutant]]
        if len(tried) < len(mutants):
            say("%d of %d mutants were tried in the time given"
                % (len(tried), len(mutants)))
        return self.report(tried)

    def recall(self, key):
        """The verdict on a mutant if it still holds, else None."""
        verdict = self.memory.recall(key)
        if verdict and verdict[1:] and \
                verdict[4] != self.content.tests(verdict[2]):
            return None
        return verdict

    def late(self):
        """Whether the time that --seconds gives is over."""
        return self.deadline is not None and time.monotonic() > self.deadline

    def try_all(self, left, keys, verdicts):
        """Tries the mutants without a verdict, in several workshops."""
        base = os.path.join(self.root, "build", "mutants", "%s-%d" % (
            self.name, os.getpid()))
        workers = min(processes.cpus(), len(left))
        pool = ThreadPoolExecutor(workers)
        try:
            progress("running the tests of %s, unbroken" % self.name)
            first = Workshop(self.tree, os.path.join(base, "0"))
            self.seconds = first.prepare()
            shops = [first] + [
                first.clone(os.path.join(base, str(number)))
                for number in range(1, workers)]
            todo = collections.deque(left)
            if self.deadline is not None:
                # Not all of them in the first files.
                random.Random(1).shuffle(todo)
            for future in [pool.submit(self.work, shop, todo, verdicts)
                           for shop in shops]:
                future.result()
            progress("running the tests of %s, unbroken again" % self.name)
            for future in [pool.submit(self.check_unbroken, shop)
                           for shop in shops]:
                future.result()
        except Complaint:
            left.clear()        # no verdict of this run can be trusted
            raise
        finally:
            Workshop.stopped = True
            processes.end_all()
            pool.shutdown()
            Workshop.stopped = False
            for mutant in left:
                if verdicts[mutant]:
                    self.memory.remember(keys[mutant], verdicts[mutant])
            shutil.rmtree(base, ignore_errors=True)
            self.memory.tidy()
            progress("")

    def check_unbroken(self, shop):
        """After all mutants the programs that have killed one must pass
        once more with the unbroken kernel: a mutant may have left a trace,
        or a test fails now and then."""
        shop.compile()
        for program in self.seconds:
            how = self.kills[program] and shop.test(
                program, self.limit_for(program))
            if how:
                raise Complaint("%s fails (%s) with the unbroken kernel, "
                                "after it had passed; this run is void"
                                % (program, how))

    def limit_for(self, program):
        """How long a program may take before it counts as hanging."""
        busy = max(1.0, os.getloadavg()[0] / processes.cpus())
        return busy * max(SHORTEST_LIMIT, PATIENCE * self.seconds[program])

    def work(self, shop, todo, verdicts):
        """The work of one thread: takes mutants until none is left."""
        while todo and not self.late():
            try:
                mutant = todo.popleft()
            except IndexError:
                return
            verdicts[mutant] = self.try_one(shop, mutant)
            progress("%s: %d to go" % (self.name, len(todo)))

    def try_one(self, shop, mutant):
        """Compiles and tests one mutant; its verdict, None if the time
        is over before there is one."""
        with Broken(shop, mutant):
            if shop.compile().status != 0:
                return ["broken"]
            mark = shop.mark(mutant.path)
            if mark is None:
                return ["same"]
            with self.lock:
                known = self.testing.get(mark)
                mine = self.testing.setdefault(mark, Future())
            if known is not None:
                return known.result()
            try:
                mine.set_result(self.test(shop, mutant, mark))
            except BaseException as problem:
                mine.set_exception(problem)
                raise
            return mine.result()

    def test(self, shop, mutant, mark):
        """Runs the tests, those first that have noticed most in this
        file, then in others, then the quick ones."""
        with self.lock:
            programs = sorted(self.seconds, key=lambda program: (
                -self.kills[mutant.path, program], -self.kills[program],
                self.seconds[program]))
        for program in programs:
            if self.late():
                return None
            how = shop.test(program, self.limit_for(program))
            if how is not None:
                with self.lock:
                    self.kills[program] += 1
                    self.kills[mutant.path, program] += 1
                return ["killed", mark, program, how,
                        self.content.tests(program)]
        return ["survived", mark, None, None, self.content.tests(None)]

    # What is said about it.

    def report(self, tried):
        """Prints survivors, excuses and the sum; True if it is enough."""
        groups = collections.OrderedDict()
        for mutant, verdict in tried:
            if verdict[1:]:
                groups.setdefault((mutant.path, verdict[1]), (verdict, []))[
                    1].append(mutant)
        killers, ways = collections.Counter(), collections.Counter()
        killed = excused = 0
        survivors = []
        for verdict, mutants in groups.values():
            excuse = next((excuse for excuse in self.excuses
                           if any(map(excuse.fits, mutants))), None)
            if verdict[0] == "killed":
                killed += 1
                killers[verdict[2]] += 1
                ways[verdict[3]] += 1
                if excuse is not None:
                    say("excused, but killed by %s: %s" % (
                        verdict[2], excuses.line_for(mutants[0],
                                                     excuse.reason)))
            elif excuse is not None:
                excused += 1
            else:
                survivors.append(mutants[0])
        self.show_survivors(survivors)
        self.show_stale()
        if killed:
            for word, counts in ("killed by", killers), ("they", ways):
                say(word + " " + ", ".join(
                    "%s %d" % pair for pair in counts.most_common()))
        counted = len(groups) - excused
        rate = 100 * killed // counted if counted else 100
        broken = sum(verdict[0] == "broken" for _, verdict in tried)
        say("%d written, %d do not compile, %d are as before or as another"
            % (len(tried), broken, len(tried) - broken - len(groups)))
        say("mutants: %d compiled, %d killed, %d excused, %d survived: "
            "%d of 100" % (len(groups), killed, excused, len(survivors),
                           rate))
        return rate >= AT_LEAST

    def show_survivors(self, survivors):
        """Those, and the lines that would excuse them."""
        for mutant in survivors:
            say("%s/%s:%d: survived (%s)" % (self.name, mutant.path,
                                             mutant.line, mutant.operator))
            say("    - %s\n    + %s" % (mutant.before,
                                       mutant.after or excuses.NOTHING))
        if survivors:
            say("\nTo excuse one, with a reason, add its line to "
                "proofs/excuses/%s.txt:" % self.name)
            for mutant in survivors:
                say(excuses.line_for(mutant))
            say()

    def show_stale(self):
        """Excuses that fit no mutant of the tree."""
        whole = chosen.all_mutants(self.tree)
        for excuse in self.excuses:
            if not any(map(excuse.fits, whole)):
                say("stale excuse, it fits no mutant: %s :: %s => %s" % (
                    excuse.where, excuse.before, excuse.after))
