"""How a machine ends, in words, and what may go wrong with one."""

import signal

from common.terminal import Complaint

# A value v written to the exit port ends QEMU with status 2v + 1.
EXIT_SUCCESS = 33
EXIT_FAILURE = 35


class QemuError(Complaint):
    """Something is wrong with QEMU or with what it was asked."""


class QemuMissing(QemuError):
    """There is no QEMU, or no image for it to boot."""


class MachineEnded(QemuError):
    """QEMU ended before what was waited for happened."""


class StartFailed(MachineEnded):
    """QEMU ended at once; the message is its own."""


class LimitPassed(QemuError):
    """What was waited for did not happen in time."""


REASONS = {"guest-reset": "the machine was reset",
           "guest-shutdown": "the machine was switched off"}


def describe_end(status, reason):
    """How a QEMU ended, in words: exit status and shutdown reason."""
    if status is None:
        return "it still runs" if reason is None else reason
    if status == EXIT_SUCCESS:
        return "exit status 33, success"
    if status == EXIT_FAILURE:
        return "exit status 35, failure"
    if status < 0:
        try:
            name = signal.Signals(-status).name
        except ValueError:
            name = "signal %d" % -status
        return "QEMU itself was ended by %s" % name
    if status == 0:
        return REASONS.get(
            reason, "exit status 0, a reset or an end from outside")
    if status == 1:
        return ("exit status 1, which is 0 written to the exit port or a "
                "complaint of QEMU's")
    if status % 2 == 1:
        return "exit status %d, which is %#x written to the exit port" % (
            status, status // 2)
    return "exit status %d" % status
