"""The kernel's image as a disk.

needs: src/boot/boot.asm linker.ld grub.cfg
once: src/boot/boot.asm src/boot/header.asm linker.ld grub.cfg
"""

from machines import same


def test_the_image_is_a_disk_too(kernel):
    """The image as it would be on a USB stick.  A disk can be written
    to, so that QEMU works on a copy of what is written."""
    same(kernel, disk=True, flags=["-snapshot"])
