"""The same kernel on other machines: memory sizes, chipsets, CPUs, and
its image as a disk.  Each shows the same screen.

needs: src/boot/boot.asm linker.ld grub.cfg
"""

from support.boot import booted, rest, sleeping_registers
from support.screen import without_clock


def same(kernel, **options):
    """A machine with these options ends as the usual one does."""
    machine = kernel.machine(**options)
    rest(machine)
    usual = booted(kernel)
    assert without_clock(machine.screen()) == without_clock(usual.screen()), (
        "the screen differs from the usual machine's, which shows\n"
        + usual.screen().text)
    here, there = sleeping_registers(machine), sleeping_registers(usual)
    for name in ("cr0", "cr4", "efer", "rsp", "cs"):
        assert here[name] == there[name], (
            "%s is %#x, on the usual machine %#x" % (
                name.upper(), here[name], there[name]))


def test_a_later_pc(kernel):
    """`-machine q35 -m 8G -cpu max`: another chipset, more memory than is
    mapped, every feature.  The host lends memory only as it is used."""
    same(kernel, memory="8G", cpu="max", machine="q35,memory-backend=ram",
         flags=["-object", "memory-backend-ram,id=ram,size=8G,reserve=off"])


def test_an_early_64_bit_pc(kernel):
    """`-cpu kvm64 -m 32M`: less memory than the page tables map."""
    same(kernel, cpu="kvm64", memory="32M")


def test_the_image_is_a_disk_too(kernel):
    """The image as it would be on a USB stick.  A disk can be written
    to, so that QEMU works on a copy of what is written."""
    same(kernel, disk=True, flags=["-snapshot"])
