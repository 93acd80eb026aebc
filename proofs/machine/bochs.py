"""Bochs, which shares no code with QEMU, shows what QEMU shows.

needs: grub.cfg linker.ld src/boot/boot.asm
when: thorough
limit: 90
"""

import re
import shutil

from machine import bochs

from support.boot import booted

NUMBER = re.compile(r"(0x)?\b[0-9a-f]*\d[0-9a-f]*\b")


def alike(text):
    """The lines of a text without what differs from one PC to another:
    numbers, how far apart they are, and what no terminal has."""
    lines = (" ".join(NUMBER.sub("#", line).split())
             for line in text.encode("ascii", "ignore").decode().splitlines())
    return {line for line in lines if line}


def test_bochs_shows_the_same(kernel):
    """Each line that the kernel prints in QEMU, it prints in Bochs; and
    where it asks for keys, it reads those of Bochs, too."""
    if shutil.which("bochs") is None:
        return
    machine = booted(kernel)
    screen, serial = machine.screen().text, machine.serial()
    with bochs.Bochs(kernel.image) as other:
        bochs.wait_until_still(other)
        shown = "\n".join(other.screen())
        assert other.alive(), "Bochs has ended (%s); its screen:\n%s" % (
            other.last_words(), shown)
        # A long report scrolls; the serial line has all of it.
        wanted, found = ((serial, other.serial()) if serial.strip()
                         else (screen, shown))
        missing = alike(wanted) - alike(found)
        assert not missing, "Bochs does not show %s; it shows\n%s" % (
            sorted(missing), found)
        assert alike(shown) & alike(screen), (
            "no line of Bochs's screen is as in QEMU:\n" + shown)
        if "Type" in shown:
            other.type("abc")
            bochs.wait_until_still(other)
            assert "abc" in "\n".join(other.screen()), (
                "Bochs's keys do not arrive:\n" + "\n".join(other.screen()))
