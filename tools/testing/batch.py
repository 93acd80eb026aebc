"""All programs of all trees, side by side.

A run over several trees builds them all, then runs all their programs.
What two trees have in common to the last byte (a program on the host, an
image) runs once: the result counts for both and says where it ran.  And
what was green before is remembered by the content of all that went into
it; FRESH=1 runs it again.  A run over one tree runs everything.

The proof of the book, whose reader's tree at a chapter's end is that
chapter's, tells its runs where to remember (MEMORY_DIRECTORY): they take
what is known to be green in one tree, too.
"""

import concurrent.futures
import os
import time
from concurrent.futures import ThreadPoolExecutor

from common import files, processes
from common.memory import Memory
from common.terminal import REMEDIES, progress, say

from . import host, kernel, proofs, qemu
from .building import build
from .content import Surroundings
from .shown import (CRASH, FAILED, PASSED, Result, show, write_log,
                    write_report)
from .trees import choose


def run_program(program, wanted, fail_fast):
    """Runs a program of any kind.  A fault of ours is a failure too."""
    start = time.monotonic()
    try:
        if program.kind == "machine":
            results = proofs.run(program, wanted, fail_fast)
        else:
            results = (host if program.kind == "host" else kernel).run(
                program)
    except (qemu.QemuError, OSError) as error:
        if getattr(error, "errno", None) in REMEDIES:
            raise   # a full disk is no failure of the test
        results = [Result(program, program.name, CRASH,
                          str(error).splitlines())]
    for result in results:
        result.program_seconds = time.monotonic() - start
    return results


def only_wanted(program, results, wanted):
    """Of a program's results those about one test: its own, else what
    kept it from running."""
    mine = [result for result in results if result.name == wanted]
    if wanted is None or mine:
        return mine or results
    for result in reversed(results):
        if not result.passed():
            result.message.insert(0, "%s was not reached: %s (%s)" % (
                wanted, result.name, result.status))
            result.name = wanted
            return [result]
    return [Result(program, wanted, FAILED, ["it was not run"])]


class Run:
    """The run over one tree: what is to run there, and what came out."""

    def __init__(self, tree, only, thorough, later):
        self.tree = tree
        self.results = []       # of programs that have been shown
        self.warnings = []
        self.unbuilt = {}       # by program: why it does not build
        self.began = self.ended = None
        self.later = []         # the proofs that a later tree runs for us
        self.left_out = []      # the thorough proofs that nobody asked for
        self.wanted = None
        self.programs = tree.programs()
        if only:
            self.programs, self.wanted = choose(self.programs, only)
            return
        for program in list(self.programs):
            proof = program.proof
            if proof and any(proof.same_in(tree, other) for other in later):
                self.later.append(program)
            elif proof and proof.thorough and not thorough:
                self.left_out.append(program)
            else:
                continue
            self.programs.remove(program)

    def to_show(self):
        """The programs whose results have not been shown."""
        shown = {result.program for result in self.results}
        return [program for program in self.programs
                if program not in shown]

    def show(self, results):
        """Prints a line for each result."""
        show(results, max([len(program.id) for program in self.programs]
                          + [10]))
        self.results += results

    def report(self):
        """What is written to report.json, and is written there."""
        return write_report(self.tree, self.results,
                            self.ended - self.began if self.ended else 0.0)


class Batch:
    """The runs over some trees at once.  Prints as it goes, tree by
    tree."""

    def __init__(self, runs, options):
        self.runs = runs
        self.options = options
        self.stopped = False
        self.futures = {}       # by program, of those that run or ran
        self.known = {}         # by program: what is remembered of it
        self.contents = {}      # by program
        self.memory = Memory("tests")
        # Only a run over several trees makes use of what is the same, and
        # the proof of the book of what was found before.  Of a proof with
        # TEST= a part runs.
        self.by_book = bool(os.environ.get("MEMORY_DIRECTORY"))
        self.surroundings = None
        if not options.only and (self.by_book or len(runs) > 1):
            self.surroundings = Surroundings()

    def run(self):
        """Builds and runs everything; shows the results in their order.
        An interrupt ends what runs, and shows what has ended."""
        self.build()
        if not os.environ.get("TIMEOUT") and any(
                program.kind != "host" and program not in run.unbuilt
                for run in self.runs for program in run.programs):
            try:
                qemu.slowness()  # before others keep the machine busy
            except qemu.QemuError:
                pass  # each program will say it
        pool = ThreadPoolExecutor(self.options.jobs)
        try:
            self.submit(pool)
            for run in self.runs:
                self.show(run)
        except KeyboardInterrupt:
            self.end(pool)
            self.show(next((run for run in self.runs if run.to_show()),
                           self.runs[0]))
            raise
        finally:
            self.end(pool)
            progress("")
        self.memory.tidy()

    def end(self, pool):
        """Ends what still runs."""
        self.stopped = True
        pool.shutdown(wait=False, cancel_futures=True)
        processes.end_all()
        pool.shutdown()

    def build(self):
        """Builds all trees, side by side: one with all processors."""
        jobs = None if len(self.runs) == 1 else 1
        with ThreadPoolExecutor(processes.cpus()) as pool:
            futures = [pool.submit(build, run.tree, run.programs, jobs)
                       for run in self.runs]
            try:
                for run, future in zip(self.runs, futures):
                    progress("building the tests of %s" % run.tree.name)
                    run.unbuilt, run.warnings = future.result()
            finally:
                pool.shutdown(wait=False, cancel_futures=True)
                if not all(future.done() for future in futures):
                    processes.end_all()

    def submit(self, pool):
        """Gives the workers what is to run: of programs that are the same
        the first one, and nothing that is remembered."""
        first = {}
        for run in self.runs:
            for program in run.programs:
                if program in run.unbuilt:
                    continue
                content = self.surroundings and \
                    self.surroundings.content(program)
                other = first.setdefault(content, program)
                if content and other is not program:
                    self.known[program] = self.known[other]
                    self.futures[program] = self.futures.get(other)
                    continue
                self.contents[program] = content
                self.known[program] = content and self.recall(program)
                if not self.known[program]:
                    self.futures[program] = pool.submit(self.run_one, run,
                                                        program)

    def recall(self, program):
        """What is remembered of a program."""
        known = self.memory.recall(self.contents[program])
        once = self.by_book and self.surroundings.content_once(program)
        return known or (once and self.memory.recall(once))

    def run_one(self, run, program):
        """The work of one thread; None if it was interrupted."""
        if self.stopped:
            return None
        run.began = run.began or time.monotonic()
        results = run_program(program, run.wanted, self.options.fail_fast)
        run.ended = time.monotonic()
        if self.stopped:
            return None
        content = self.contents[program]
        if content and results and all(map(Result.passed, results)):
            once = self.surroundings.content_once(program)
            for key in filter(None, (content, once)):
                self.memory.remember(key, [[result.name, result.seconds]
                                           for result in results])
        return results

    def results(self, run, program):
        """A program's results; waits for them."""
        if program in run.unbuilt:
            return [run.unbuilt[program]]
        if self.known[program]:
            # A reader, whose part the book's proof plays, sees nothing of
            # that.
            return [Result(program, name, PASSED, seconds=seconds,
                           remembered=not self.by_book)
                    for name, seconds in self.known[program]]
        results = self.wait_for(self.futures[program])
        if results and results[0].program is not program:
            other = results[0].program
            write_log(program, "%s of %s is the same program; it says:\n\n%s"
                      % (program.id, other.tree.name,
                         files.read_text(other.log)))
            results = [result.for_program(program) for result in results]
        return results

    def wait_for(self, awaited):
        """Waits for a program's results and shows that time goes by; none
        if it was interrupted."""
        while not self.stopped:
            try:
                return awaited.result(timeout=0.2)
            except concurrent.futures.TimeoutError:
                futures = {future: program.id for program, future
                           in self.futures.items()}
                progress("%d of %d programs done; running %s" % (
                    sum(future.done() for future in futures), len(futures),
                    ", ".join(name for future, name in futures.items()
                              if future.running())))
        return not awaited.cancelled() and awaited.result() or []

    def show(self, run):
        """Shows the results of one tree as they come."""
        if len(self.runs) > 1 and not self.stopped:
            say("%s%s:" % ("" if run is self.runs[0] else "\n",
                           run.tree.name))
        for line in run.warnings:
            say(line)
        run.warnings = []
        for program in run.to_show():
            results = self.results(run, program)
            if results or not self.stopped:
                run.show(only_wanted(program, results, run.wanted))
