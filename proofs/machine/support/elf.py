"""Reads a kernel's ELF file (System V ABI, "Object Files")."""

import collections
import struct

PT_LOAD = 1
PT_DYNAMIC = 2
PT_INTERP = 3
PT_GNU_STACK = 0x6474E551
PF_X = 1
PF_W = 2
PF_R = 4
SHT_SYMTAB = 2
SHT_RELA = 4
SHT_NOBITS = 8
SHT_REL = 9
SHT_DYNAMIC = 6
SHF_WRITE = 1
SHF_ALLOC = 2
SHF_EXECINSTR = 4

Segment = collections.namedtuple(
    "Segment", "kind flags offset address physical file_size size align")
Section = collections.namedtuple(
    "Section", "name kind flags address offset size link align")
Symbol = collections.namedtuple("Symbol", "name address size section kind")


class Elf:
    """An ELF file of 64 bits."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.bytes = file.read()
        assert self.bytes[:4] == b"\x7fELF", "%s is no ELF file" % path
        self.bits = {1: 32, 2: 64}.get(self.bytes[4])
        assert self.bits == 64, "%s is not of 64 bits" % path
        (self.type, self.machine, _, self.entry, segments, sections, _, _,
         segment_size, segment_count, section_size, section_count,
         names) = struct.unpack_from("<HHIQQQIHHHHHH", self.bytes, 16)
        self.segments = [self._segment(segments + i * segment_size)
                         for i in range(segment_count)]
        raw = [struct.unpack_from("<IIQQQQIIQQ", self.bytes,
                                  sections + i * section_size)
               for i in range(section_count)]
        strings = raw[names][4] if raw else 0
        self.sections = [
            Section(self._text(strings + s[0]), s[1], s[2], s[3], s[4], s[5],
                    s[6], s[8]) for s in raw]
        self.symbols = self._symbols()

    def _segment(self, offset):
        (kind, flags, start, address, physical, file_size, size,
         align) = struct.unpack_from("<IIQQQQQQ", self.bytes, offset)
        return Segment(kind, flags, start, address, physical, file_size,
                       size, align)

    def _text(self, offset):
        return self.bytes[offset:self.bytes.index(b"\0", offset)].decode()

    def _symbols(self):
        result = []
        for section in self.sections:
            if section.kind != SHT_SYMTAB:
                continue
            strings = self.sections[section.link].offset
            # The first symbol is always empty.
            for at in range(section.offset + 24,
                            section.offset + section.size, 24):
                name, info, _, index, value, size = struct.unpack_from(
                    "<IBBHQQ", self.bytes, at)
                result.append(Symbol(self._text(strings + name), value, size,
                                     index, info & 15))
        return result

    def symbol(self, name):
        """The symbol of that name, None without one."""
        for symbol in self.symbols:
            if symbol.name == name:
                return symbol
        return None

    def address(self, name):
        """The address of a symbol that must be there."""
        symbol = self.symbol(name)
        assert symbol is not None, "the kernel has no symbol %s" % name
        return symbol.address

    def section(self, name):
        """The section of that name, None without one."""
        for section in self.sections:
            if section.name == name:
                return section
        return None

    def loaded(self):
        """The segments that a loader puts into memory."""
        return [s for s in self.segments if s.kind == PT_LOAD and s.size]

    def at(self, address, size):
        """Bytes of the file that are loaded at an address."""
        for segment in self.loaded():
            inside = address - segment.address
            if 0 <= inside and inside + size <= segment.file_size:
                start = segment.offset + inside
                return self.bytes[start:start + size]
        raise AssertionError("nothing is loaded at %#x" % address)
