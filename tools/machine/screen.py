"""What the text screen shows."""

COLUMNS = 80
ROWS = 25
SCREEN_ADDRESS = 0xB8000
SCREEN_SIZE = COLUMNS * ROWS * 2

# The text screen has glyphs where ASCII has control characters.
LOW_GLYPHS = " ☺☻♥♦♣♠•◘○◙♂♀♪♫☼►◄↕‼¶§▬↨↑↓→←∟↔▲▼"


class Screen:
    """The text screen at one moment.

    lines   25 strings without trailing blanks
    cells   25 rows of 80 pairs (character, attribute byte)
    text    the lines as one string, without trailing empty lines
    """

    def __init__(self, memory):
        self.cells = []
        for row in range(ROWS):
            start = row * COLUMNS * 2
            line = memory[start:start + COLUMNS * 2]
            self.cells.append([(glyph(line[i]), line[i + 1])
                               for i in range(0, len(line), 2)])
        self.lines = ["".join(char for char, _ in row).rstrip()
                      for row in self.cells]
        self.text = "\n".join(self.lines).rstrip("\n")

    def __eq__(self, other):
        return isinstance(other, Screen) and self.cells == other.cells

    __hash__ = None


def glyph(byte):
    """What the VGA shows for a byte (code page 437)."""
    if byte < len(LOW_GLYPHS):
        return LOW_GLYPHS[byte]
    if byte == 0x7F:
        return "⌂"
    return bytes([byte]).decode("cp437").replace("\xa0", " ")


def changed_cells(before, after):
    """The cells in which two screens' memories differ, pairs (row,
    column)."""
    if before == after:
        return set()
    return {(at // COLUMNS, at % COLUMNS) for at in range(COLUMNS * ROWS)
            if before[2 * at:2 * at + 2] != after[2 * at:2 * at + 2]}
