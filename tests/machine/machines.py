"""The same kernel on other machines: memory sizes, chipsets, CPUs, and
its image as a disk.  Each shows the same screen.

needs: src/boot/boot.asm linker.ld grub.cfg
"""

from support.boot import booted, rest


def same(kernel, **options):
    """A machine with these options ends as the usual one does."""
    machine = kernel.machine(**options)
    rest(machine)
    usual = booted(kernel)
    assert machine.screen() == usual.screen(), (
        "the screen differs from the usual machine's, which shows\n"
        + usual.screen().text)
    for name in ("cr0", "cr4", "efer", "rsp", "cs"):
        assert machine.registers()[name] == usual.registers()[name], (
            "%s is %#x, on the usual machine %#x" % (
                name.upper(), machine.registers()[name],
                usual.registers()[name]))


def test_a_pc_with_a_q35_chipset(kernel):
    """`-machine q35`."""
    same(kernel, machine="q35")


def test_a_pc_with_32_mib(kernel):
    """`-m 32M`: less than the page tables map."""
    same(kernel, memory="32M")


def test_a_pc_with_8_gib(kernel):
    """`-m 8G`; the host lends memory only as it is used."""
    same(kernel, memory="8G", machine="pc,memory-backend=ram",
         flags=["-object", "memory-backend-ram,id=ram,size=8G,reserve=off"])


def test_a_cpu_with_every_feature(kernel):
    """`-cpu max`."""
    same(kernel, cpu="max")


def test_an_early_64_bit_cpu(kernel):
    """`-cpu kvm64`."""
    same(kernel, cpu="kvm64")


def test_the_image_is_a_disk_too(kernel):
    """The image as it would be on a USB stick.  A disk can be written
    to, so that QEMU works on a copy of what is written."""
    same(kernel, disk=True, flags=["-snapshot"])
