"""The bootable image: what GRUB finds in it, and its size.

needs: linker.ld grub.cfg src/boot/header.asm
"""

import os
import shutil
import struct
import subprocess

from support.boot import elf
from support.elf import Elf, SHF_ALLOC

MAGIC = 0xE85250D6
HEADER_WITHIN = 32768       # Multiboot2 specification, "OS image format"
SECTOR = 2048
LARGEST = 6 << 20
LOADED = {".multiboot2", ".text", ".rodata", ".data", ".bss"}


def stripped(kernel):
    """The path of the ELF file that was put into the image."""
    return os.path.join(os.path.splitext(kernel.image)[0] + ".cd", "boot",
                        "kernel.elf")


def headers(data):
    """The places of Multiboot2 headers where GRUB looks for them: at
    multiples of 8 in the first 32 KiB."""
    return [at for at in range(0, min(len(data), HEADER_WITHIN) - 16, 8)
            if struct.unpack_from("<I", data, at)[0] == MAGIC]


def test_the_image_holds_the_kernel(kernel):
    """The stripped kernel begins in a sector of the image."""
    with open(stripped(kernel), "rb") as file:
        wanted = file.read()
    with open(kernel.image, "rb") as file:
        image = file.read()
    at = image.find(wanted)
    assert at >= 0, "the image does not contain the stripped kernel"
    assert at % SECTOR == 0, "the kernel begins at %#x" % at


def test_the_header_is_where_grub_looks(kernel):
    """One header, its fields as specified: all four add up to 0, and
    its tags end with the end tag."""
    data = Elf(stripped(kernel)).bytes
    places = headers(data)
    assert len(places) == 1, "%d Multiboot2 headers" % len(places)
    magic, architecture, length, checksum = struct.unpack_from(
        "<IIII", data, places[0])
    assert architecture == 0, "the architecture is %d" % architecture
    total = (magic + architecture + length + checksum) & 0xFFFFFFFF
    assert total == 0, "the fields add up to %#x" % total
    assert places[0] + length <= HEADER_WITHIN, "it ends beyond 32 KiB"
    at, end = places[0] + 16, places[0] + length
    tags = []
    while at < end:
        kind, flags, size = struct.unpack_from("<HHI", data, at)
        assert size >= 8, "a tag of %d bytes" % size
        tags.append((kind, flags, size))
        at += (size + 7) & ~7
    assert at == end, "the tags end %d bytes off the header's end" % (
        at - end)
    assert tags[-1] == (0, 0, 8), "the last tag is %s" % (tags[-1],)


def test_the_header_is_first_in_memory(kernel):
    """At 1 MiB, in a section of its own."""
    section = elf(kernel).section(".multiboot2")
    assert section is not None, "there is no section .multiboot2"
    lowest = min(segment.address for segment in elf(kernel).loaded())
    assert section.address == lowest == 0x100000, (
        ".multiboot2 is at %#x, the kernel at %#x" % (section.address,
                                                      lowest))


def test_grub_accepts_the_kernel(kernel):
    """GRUB's own check, where GRUB brings it along."""
    for name in ("grub-file", "grub2-file", "i686-elf-grub-file",
                 "x86_64-elf-grub-file"):
        if shutil.which(name):
            status = subprocess.call([name, "--is-x86-multiboot2",
                                      stripped(kernel)])
            assert status == 0, "%s says no" % name
            return


def test_the_image_has_no_more_than_it_needs(kernel):
    """What is loaded, and the names of that: no notes of the compiler.
    Debugging information is for GDB, which reads kernel.elf."""
    names = {section.name for section in Elf(stripped(kernel)).sections}
    extra = names - LOADED - {"", ".shstrtab"}
    assert not extra, "the image has " + ", ".join(sorted(extra))
    assert elf(kernel).section(".debug_info"), (
        "kernel.elf has no debugging information")


def test_each_kind_of_section_has_its_pages(kernel):
    """Pages have rights, so code, constants and data share none."""
    sections = [s for s in elf(kernel).sections
                if s.flags & SHF_ALLOC and s.size
                and s.name != ".multiboot2"]
    for section in sections:
        assert section.address % 4096 == 0, (
            "%s begins at %#x, within a page" % (section.name,
                                                 section.address))
    names = {section.name for section in sections}
    assert names <= LOADED, "unexpected: " + ", ".join(
        sorted(names - LOADED))


def test_the_image_is_small(kernel):
    """GRUB is trimmed to what it needs for this."""
    size = os.path.getsize(kernel.image)
    assert size <= LARGEST, "it has %.1f MB, expected at most %.1f" % (
        size / 1e6, LARGEST / 1e6)
