"""The command line of the test runner."""

import argparse
import os
from concurrent.futures import ThreadPoolExecutor

from common import processes
from common.terminal import Complaint, say

from .batch import Batch, Run
from .shown import in_words, show_failures, write_junit
from .trees import Tree, find, near_names


def parse_arguments():
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="test.py", description="Runs the tests of kernels.")
    parser.add_argument("trees", metavar="TREE", nargs="+",
                        help="a kernel's directory, or a chapter's number")
    parser.add_argument("--only", metavar="NAME",
                        help="one test, or all tests of one program")
    parser.add_argument("--junit", metavar="FILE",
                        help="write a report in JUnit's XML")
    parser.add_argument("--fail-fast", action="store_true",
                        help="end a proof at its first failure")
    parser.add_argument("--jobs", metavar="N", type=int,
                        help="how many programs run at once (as many as "
                        "there are processors, over several trees one more)")
    options = parser.parse_args()
    if not options.jobs:
        # Some proofs wait for the time to pass; in a long run somebody
        # else can use the processor meanwhile.
        options.jobs = processes.cpus() + (len(options.trees) > 1)
    return options


def check_environment():
    """Refuses what would turn every test into a failure."""
    limit = os.environ.get("TIMEOUT")
    try:
        if limit and not 0 < float(limit) < 1e6:
            raise ValueError
    except ValueError:
        raise Complaint("TIMEOUT is a limit in seconds, like 60, not %r"
                        % limit) from None
    # Some proofs read what compilers say.
    os.environ["LC_ALL"] = "C"


def main():
    """Runs the tests; the exit status."""
    options = parse_arguments()
    check_environment()
    with ThreadPoolExecutor(processes.cpus()) as pool:
        trees = list(pool.map(Tree, map(find, options.trees)))
    thorough = any(map(os.environ.get, ("THOROUGH", "STRICT")))
    runs = [Run(tree, options.only, thorough, trees[number:])
            for number, tree in enumerate(trees, 1)]
    if options.only and not any(run.programs for run in runs):
        raise Complaint("no test of %s is called %s; %s" % (
            ", ".join(tree.name for tree in trees), options.only,
            near_names([program for tree in trees
                        for program in tree.programs()], options.only)))
    locks = [tree.hold() for tree in sorted(
        trees, key=lambda tree: tree.directory)]
    interrupted = False
    try:
        Batch(runs, options).run()
    except KeyboardInterrupt:
        interrupted = True
    reports = [run.report() for run in runs]
    for run in runs:
        show_failures(run.tree, run.results)
    if options.junit:
        write_junit(options.junit, reports)
    for lock in locks:
        lock.close()
    return summary(runs, interrupted)


def summary(runs, interrupted):
    """Says what it comes to; the exit status."""
    results = [result for run in runs for result in run.results]
    passed = sum(result.passed() for result in results)
    failed = len(results) - passed
    shared = sum(bool(result.ran_in) for result in results)
    old = sum(result.remembered for result in results)
    later = sum(len(run.later) for run in runs)
    left_out = sum(len(run.left_out) for run in runs)
    if not results and not interrupted:
        say("\nthere was no test to run")
    say()
    if shared:
        say("%s ran in one tree for several, in which it is the same program"
            % in_words(shared))
    if old:
        say("%s remembered, for all that went into it is unchanged: FRESH=1 "
            "runs all" % in_words(old))
    if later:
        say("%s of code that is the same in a later tree ran only there"
            % in_words(later, "proof"))
    if left_out:
        say("%s not run: make test THOROUGH=1"
            % in_words(left_out, "thorough proof"))
    if interrupted:
        say("interrupted; %d of %d programs were waited for" % (
            len({result.program for result in results}),
            sum(len(run.programs) for run in runs)))
    say("%d passed, %d failed" % (passed, failed))
    return 130 if interrupted else 1 if failed or not passed else 0
