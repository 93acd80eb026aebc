"""What is typed, and on what."""

import re
import time

from .limits import busyness
from .screen import COLUMNS

KEY_PATIENCE = 0.05  # seconds for a key that was read to show something
KEY_LIMIT = 0.3      # seconds for a key to be read
MOVING_ROOM = 8      # cells beside a counter that may be the counter's

# The names that QEMU has for the keys of a US keyboard.
PLAIN_KEYS = {
    " ": "spc", "\n": "ret", "\t": "tab", "\b": "backspace", "\x1b": "esc",
    "-": "minus", "=": "equal", "[": "bracket_left", "]": "bracket_right",
    "\\": "backslash", ";": "semicolon", "'": "apostrophe",
    "`": "grave_accent", ",": "comma", ".": "dot", "/": "slash",
}
SHIFTED_KEYS = {
    "!": "1", "@": "2", "#": "3", "$": "4", "%": "5", "^": "6", "&": "7",
    "*": "8", "(": "9", ")": "0", "_": "minus", "+": "equal",
    "{": "bracket_left", "}": "bracket_right", "|": "backslash",
    ":": "semicolon", '"': "apostrophe", "~": "grave_accent",
    "<": "comma", ">": "dot", "?": "slash",
}

# What stands in angle brackets: the keys that print nothing.
NAMED_KEYS = {
    "enter": "ret", "backspace": "backspace", "tab": "tab", "escape": "esc",
    "space": "spc", "backquote": "grave_accent",
    "up": "up", "down": "down", "left": "left", "right": "right",
    "home": "home", "end": "end", "page up": "pgup", "page down": "pgdn",
    "insert": "insert", "delete": "delete", "menu": "menu",
    "shift": "shift", "right shift": "shift_r", "ctrl": "ctrl",
    "right ctrl": "ctrl_r", "alt": "alt", "altgr": "alt_r",
    "left windows": "meta_l", "right windows": "meta_r",
    "caps lock": "caps_lock", "num lock": "num_lock",
    "scroll lock": "scroll_lock", "pause": "pause",
    "print screen": "print", "keypad enter": "kp_enter",
    "keypad +": "kp_add", "keypad -": "kp_subtract",
    "keypad *": "kp_multiply", "keypad /": "kp_divide",
    "keypad .": "kp_decimal",
}
NAMED_KEYS.update(("f%d" % n, "f%d" % n) for n in range(1, 13))
NAMED_KEYS.update(("keypad %d" % n, "kp_%d" % n) for n in range(10))


def keys_for(char):
    """The keys pressed together for a character on a US keyboard."""
    if char in PLAIN_KEYS:
        return [PLAIN_KEYS[char]]
    if char in SHIFTED_KEYS:
        return ["shift", SHIFTED_KEYS[char]]
    if char.isascii() and char.isalnum():
        return ["shift", char.lower()] if char.isupper() else [char]
    raise ValueError("no key of a US keyboard gives %r" % char)


def parse_keys(text):
    """What is typed, as a list of the keys pressed together.

    Characters stand for themselves, names in angle brackets for keys
    that print nothing: `Hello<backspace>`, `<f2>`, `<caps lock>`.  Keys
    held together are joined by hyphens, the last one by its name or its
    character without shift: `<ctrl-c>`, `<shift-,>` (which is how `<`
    is typed), `<ctrl-alt-delete>`.
    """
    result, at = [], 0
    while at < len(text):
        if text[at] != "<":
            result.append(keys_for(text[at]))
            at += 1
            continue
        end = text.find(">", at + 2)
        if end < 0:
            raise ValueError("`%s` begins a key's name and has no `>`: the "
                             "key of `<` is <shift-,>" % text[at:])
        result.append(_chord(text[at + 1:end]))
        at = end + 1
    return result


def _chord(text):
    """`ctrl-alt-delete` -> [ctrl, alt, delete]."""
    *held, last = text[:-1].split("-")
    names = []
    for name in held + [last + text[-1]]:
        if name in NAMED_KEYS:
            names.append(NAMED_KEYS[name])
        elif name in PLAIN_KEYS or re.fullmatch("[a-z0-9]", name):
            names += keys_for(name)
        else:
            raise ValueError("there is no key <%s>: %s, and characters that "
                             "need no shift" % (text, ", ".join(
                                 sorted(NAMED_KEYS))))
    return names


# --- Typing -----------------------------------------------------------

def type_slowly(machine, text):
    """Types each key when the kernel has taken the one before it: the
    keyboard's queue is short, 16 bytes, of which a key with shift takes
    four, and what does not fit is lost."""
    moving = machine.rest.moving if machine.rest else set()
    for names in parse_keys(text):
        before = _shown(machine, moving)
        machine.key(*names)
        _taken(machine, before, moving)


def _taken(machine, before, moving):
    """Waits until the kernel has read all that the keyboard has sent,
    and shows something new.  A kernel that reads and does nothing that
    can be seen (shift, a key that is ignored) is left alone after
    KEY_PATIENCE, one that does not read after KEY_LIMIT."""
    start = time.monotonic()
    taken = None
    while time.monotonic() - start < KEY_LIMIT * busyness():
        if not machine.alive():
            return
        # Bit 0 of the controller's status: a byte waits to be read.
        status = machine.monitor("i /b 0x64")
        if not int(status.split("=")[1], 16) & 1:
            taken = taken or time.monotonic()
            late = time.monotonic() - taken > KEY_PATIENCE * busyness()
            if late or _shown(machine, moving) != before:
                return
        time.sleep(0.005)


def _shown(machine, moving):
    """What the kernel shows, without what moves by itself: around a
    counter there is room for its digits to grow."""
    memory = bytearray(machine.screen_memory())
    for row, column in moving:
        first = row * COLUMNS + max(0, column - MOVING_ROOM)
        last = row * COLUMNS + min(COLUMNS, column + MOVING_ROOM + 1)
        memory[2 * first:2 * last] = bytes(2 * (last - first))
    return bytes(memory), machine.serial_size()
