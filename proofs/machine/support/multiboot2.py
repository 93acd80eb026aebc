"""What GRUB tells a kernel, read from the machine's memory (Multiboot2
specification, "Boot information format")."""

import collections
import struct

END = 0
MODULE = 3
MEMORY_MAP = 6
ELF_SECTIONS = 9

AVAILABLE = 1
# Memory of these kinds is RAM that the kernel may read.
RAM = (1, 3)

PAGE = 4096

Tag = collections.namedtuple("Tag", "kind offset data")
Area = collections.namedtuple("Area", "start end kind")
Section = collections.namedtuple("Section", "start end kind")


class Information:
    """The information at a physical address of a machine."""

    def __init__(self, machine, address):
        self.address = address
        self.size, = struct.unpack("<I", machine.memory(address, 4))
        assert 16 <= self.size < 1 << 16, (
            "GRUB's information has %d bytes" % self.size)
        self.bytes = machine.memory(address, self.size)
        self.tags = list(self._tags())

    @property
    def end(self):
        """The first address behind it."""
        return self.address + self.size

    def _tags(self):
        offset = 8
        while True:
            kind, size = struct.unpack_from("<II", self.bytes, offset)
            yield Tag(kind, offset, self.bytes[offset:offset + size])
            if kind == END:
                return
            offset += (size + 7) & ~7

    def tag(self, kind):
        """The first tag of a kind; it must be there."""
        found = [tag for tag in self.tags if tag.kind == kind]
        assert found, "GRUB gives no tag of the kind %d" % kind
        return found[0]

    def areas(self):
        """The memory map."""
        data = self.tag(MEMORY_MAP).data
        size, = struct.unpack_from("<I", data, 8)
        result = []
        for at in range(16, len(data) - 23, size):
            base, length, kind = struct.unpack_from("<QQI", data, at)
            result.append(Area(base, base + length, kind))
        return result

    def modules(self):
        """What is loaded beside the kernel: pairs (start, end)."""
        return [struct.unpack_from("<II", tag.data, 8)
                for tag in self.tags if tag.kind == MODULE]

    def sections(self):
        """The sections of the kernel's file that are in memory."""
        result = []
        for tag in self.tags:
            if tag.kind != ELF_SECTIONS:
                continue
            count, size = struct.unpack_from("<II", tag.data, 8)
            for number in range(count):
                _, kind, _, address, _, length = struct.unpack_from(
                    "<IIQQQQ", tag.data, 20 + number * size)
                result.append(Section(address, address + length, kind))
        return result

    def ram(self):
        """The whole pages of RAM: sorted pairs (start, end)."""
        return whole_pages(_without(
            [area[:2] for area in self.areas() if area.kind in RAM],
            [area[:2] for area in self.areas() if area.kind not in RAM]))

    def free(self, *used):
        """The whole pages of memory that is available and above the first
        MiB, less those of the information, of modules, and of `used`;
        sorted pairs (start, end)."""
        taken = [area[:2] for area in self.areas()
                 if area.kind != AVAILABLE]
        taken += [(0, 1 << 20), (self.address, self.end)]
        taken += self.modules()
        return whole_pages(_without(
            [area[:2] for area in self.areas() if area.kind == AVAILABLE],
            taken + list(used)))


def _without(ranges, holes):
    """The addresses that are in `ranges` and not in `holes`, as sorted
    pairs that do not touch."""
    edges = sorted({edge for pair in ranges + holes for edge in pair})
    result = []
    for start, end in zip(edges, edges[1:]):
        inside = any(low <= start and end <= high for low, high in ranges)
        outside = any(low <= start and end <= high for low, high in holes)
        if inside and not outside:
            if result and result[-1][1] == start:
                start = result.pop()[0]
            result.append((start, end))
    return result


def whole_pages(ranges):
    """Each range without its parts of pages."""
    inwards = [((start + PAGE - 1) // PAGE * PAGE, end // PAGE * PAGE)
               for start, end in ranges]
    return [(start, end) for start, end in inwards if start < end]


def pages(ranges):
    """How many pages there are in ranges of whole ones."""
    return sum(end - start for start, end in ranges) // PAGE
