"""What the kernel knows of the machine's memory, and the frames that it
hands out, on machines with little memory and with more than the host has;
and what it does not hand out when GRUB has loaded more than the kernel.

needs: src/mm/memory.h src/mm/frame.h src/kernel/demo.h linker.ld grub.cfg
limit: 120
when: thorough
once: src/kernel/init.c src/mm/memory* src/mm/frame.* src/mm/paging.*
once: src/mm/address.h src/boot/multiboot2.* linker.ld
once: src/boot/boot.asm src/boot/header.asm
"""

from support.frames import Boot, check_frames, check_map, check_tables
from support.multiboot2 import ELF_SECTIONS


MANY = 50000


def check(kernel, chipset, memory, limit=None):
    """The memory map, and the frames that are free, all or so many.  The
    host lends memory only as it is used."""
    boot = Boot(kernel, memory=memory,
                machine=chipset + ",memory-backend=ram",
                flags=["-object", "memory-backend-ram,id=ram,reserve=off,"
                       "size=" + memory])
    check_map(boot)
    check_tables(boot)
    check_frames(boot, limit)


def test_a_pc_with_little_memory(kernel):
    """32 MiB and 128 MiB."""
    check(kernel, "pc", "32M")
    check(kernel, "pc", "128M")


def test_a_later_pc_with_little_memory(kernel):
    """Another chipset, where other areas are reserved."""
    check(kernel, "q35", "32M")
    check(kernel, "q35", "128M")


def test_as_much_as_is_mapped_at_first(kernel):
    """1 GiB, what boot.asm maps, and the limit of what is found there."""
    check(kernel, "pc", "1G")
    check(kernel, "q35", "1G")


def test_as_much_as_fits_below_the_devices(kernel):
    """3.5 GiB, in one piece or in two."""
    check(kernel, "pc", "3584M", MANY)
    check(kernel, "q35", "3584M", MANY)


def test_more_than_4_gib(kernel):
    """5 GiB, to the last frame, and 8 GiB: memory above the devices."""
    check(kernel, "q35", "5G")
    check(kernel, "pc", "5G", MANY)
    check(kernel, "q35", "8G", MANY)
    check(kernel, "pc", "8G", MANY)


def test_64_gib(kernel):
    """More than the host has."""
    check(kernel, "pc", "64G", MANY)


def test_modules(kernel):
    """GRUB puts three of them, and the sections with the kernel's symbols,
    behind the kernel: no frame of a module is handed out, nor of a
    section if the kernel reads where those are."""
    boot = Boot(kernel, "modules.iso")
    end = boot.elf.address("__kernel_end")
    assert len(boot.information.modules()) == 3, (
        "there are %d modules" % len(boot.information.modules()))
    outside = [section for section in boot.information.sections()
               if section.start >= end]
    assert len(outside) >= 5, "only %d sections are behind the kernel" % len(
        outside)
    check_map(boot)
    check_frames(boot)


def test_information_in_more_than_a_page(kernel):
    """None of its frames is handed out, wherever GRUB has put it."""
    for place in (0x5FFFFF8, 0x400FF0, 0x4FF000):
        boot = Boot(kernel, place=place)
        check_map(boot)
        check_frames(boot)


def test_a_loader_that_tells_nothing_of_sections(kernel):
    """The kernel knows where it is itself."""
    boot = Boot(kernel, without=ELF_SECTIONS)
    assert not boot.information.sections(), "there are sections"
    check_frames(boot)
