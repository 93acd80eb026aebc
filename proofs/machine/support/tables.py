"""Page tables, walked from outside as the processor walks them (Intel SDM
Vol. 3A, "4-Level Paging and 5-Level Paging")."""

import collections
import struct

PRESENT = 1 << 0
WRITABLE = 1 << 1
USER = 1 << 2
WRITE_THROUGH = 1 << 3
CACHE_DISABLE = 1 << 4
ACCESSED = 1 << 5
DIRTY = 1 << 6
HUGE = 1 << 7
GLOBAL = 1 << 8
NO_EXECUTE = 1 << 63
ADDRESS = 0x000FFFFFFFFFF000

PAGE = 4096
ENTRIES = 512
NAMES = {4: "PML4", 3: "PDPT", 2: "PD", 1: "PT"}

# An entry on the way to an address.
Step = collections.namedtuple("Step", "level index entry")

# A page that is there.  writable and user are what all its entries allow
# together, and so is executable; `entries` are these, from the PML4's on.
Page = collections.namedtuple(
    "Page", "address physical size writable executable user entries")


def index(address, level):
    """Which entry of its table stands for an address."""
    return address >> (12 + 9 * (level - 1)) & (ENTRIES - 1)


def size(level):
    """How many bytes an entry stands for."""
    return 1 << (12 + 9 * (level - 1))


def canonical(address):
    """Whether bits 48 to 63 are copies of bit 47."""
    return address >> 47 in (0, (1 << 17) - 1)


def sign_extended(address):
    """An address of 48 bits as the processor knows it."""
    return address | 0xFFFF << 48 if address >> 47 else address


def leads_to_page(entry, level):
    """Whether a present entry leads to a page, and not to a table."""
    return level == 1 or level < 4 and bool(entry & HUGE)


def explain(entry):
    """What an entry says, in the kernel's words."""
    if not entry & PRESENT:
        return "not present"
    words = ["writable" if entry & WRITABLE else "read-only"]
    words += [word for bit, word in (
        (USER, "user"), (WRITE_THROUGH, "write-through"),
        (CACHE_DISABLE, "uncached"), (ACCESSED, "accessed"),
        (DIRTY, "dirty"), (HUGE, "huge"), (NO_EXECUTE, "no-execute"))
              if entry & bit]
    return " ".join(words)


def line(step):
    """How walk_print() shows a step."""
    return "  %-4s[%3d] %016x %s" % (NAMES[step.level], step.index,
                                     step.entry, explain(step.entry))


class Tables:
    """The page tables that a machine uses, or those at `root`, read as
    they are asked for and not again."""

    def __init__(self, machine, root=None):
        self._machine = machine
        if root is None:
            root = machine.registers()["cr3"]
        self.root = root & ADDRESS
        self._tables = {}

    def table(self, address):
        """The entries of the table at a physical address."""
        if address not in self._tables:
            data = self._machine.memory(address, PAGE)
            assert len(data) == PAGE, "no table can be at %#x" % address
            self._tables[address] = struct.unpack("<512Q", data)
        return self._tables[address]

    def walk(self, address):
        """The steps to an address, from the PML4 to the entry that leads
        to a page or is not present."""
        steps, table = [], self.root
        for level in (4, 3, 2, 1):
            entry = self.table(table)[index(address, level)]
            steps.append(Step(level, index(address, level), entry))
            if not entry & PRESENT or leads_to_page(entry, level):
                break
            table = entry & ADDRESS
        return steps

    def lines(self, address):
        """What walk_print() says of an address."""
        if not canonical(address):
            return ["  not canonical: no tables stand for it"]
        return [line(step) for step in self.walk(address)]

    def physical(self, address):
        """Where an address leads to; None for nowhere."""
        last = self.walk(address)[-1]
        if not last.entry & PRESENT:
            return None
        offset = size(last.level) - 1
        return last.entry & ADDRESS & ~offset | address & offset

    def pages(self, recursive=None):
        """Each page that is there, in order.  The entry of the PML4 with
        the number `recursive` is left out."""
        return self._pages(self.root, 4, 0, (), recursive)

    def _pages(self, table, level, start, above, leave_out):
        for number, entry in enumerate(self.table(table)):
            if not entry & PRESENT or number == leave_out:
                continue
            address = start + number * size(level)
            entries = above + (entry,)
            if leads_to_page(entry, level):
                yield Page(
                    sign_extended(address),
                    entry & ADDRESS & ~(size(level) - 1), size(level),
                    all(one & WRITABLE for one in entries),
                    not any(one & NO_EXECUTE for one in entries),
                    all(one & USER for one in entries), entries)
            else:
                yield from self._pages(entry & ADDRESS, level - 1, address,
                                       entries, None)

    def tables(self, recursive=None):
        """The physical addresses of all tables in use."""
        list(self.pages(recursive))
        return set(self._tables)
