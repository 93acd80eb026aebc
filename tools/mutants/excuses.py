"""What may survive, with a reason: proofs/excuses/NAME.txt, a line each.

    FILE:FUNCTION :: LINE BEFORE => LINE AFTER :: REASON

Excuses know no line numbers.
"""

from common import files
from common.terminal import Complaint, shown_path

NOTHING = "(nothing)"   # what a deleted line becomes


class Excuse:
    """A line of the list."""

    def __init__(self, where, change, reason):
        self.where = where
        self.before, _, self.after = change.partition(" => ")
        if self.after.strip() == NOTHING:
            self.after = ""
        self.reason = reason

    def fits(self, mutant):
        """Whether it excuses this mutant."""
        return (self.where == place_of(mutant)
                and self.before.split() == mutant.before.split()
                and self.after.split() == mutant.after.split())


def place_of(mutant):
    """File and function of a mutant, as an excuse names them."""
    return mutant.path + (":" + mutant.function if mutant.function else "")


def line_for(mutant, reason="REASON"):
    """The line that excuses a mutant."""
    return "%s :: %s => %s :: %s" % (place_of(mutant), mutant.before,
                                     mutant.after or NOTHING, reason)


def read(path):
    """The list of excuses, empty if there is none."""
    excuses = []
    for number, line in enumerate(files.read_text(path).splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        parts = line.split(" :: ")
        if len(parts) != 3 or " => " not in parts[1] \
                or parts[2].strip() in ("", "REASON"):
            raise Complaint("%s:%d: expected FILE:FUNCTION :: BEFORE => "
                            "AFTER :: REASON" % (shown_path(path), number))
        excuses.append(Excuse(parts[0].strip(), parts[1], parts[2].strip()))
    return excuses
