#!/usr/bin/env python3
"""Draws the figures of chapter 11 that show what was measured.

    make measure CHAPTER=11
    python3 measure/draw.py build/11-allocators/measure/measured.json \\
        book/figures

writes 11-cost.svg, instructions for a block, and 11-fragmentation.svg,
what is where in each arena after the third workload.  Nothing in them is
drawn by hand: other numbers, other figures.
"""

import json
import os
import sys

ARENA = 100 << 10
NAMES = {"bump": "bump", "list": "linked list", "block": "fixed blocks"}
WORKLOADS = {
    "pairs": ("64 bytes, given back", "at once"),
    "shuffled": ("1,000 blocks of 64 bytes,", "given back shuffled"),
    "slots": ("8 to 512 bytes,", "in 256 slots"),
    "vector": ("a vector that grows", "to 32 KiB"),
}

STYLE = """  <style>
    text { font: 14px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, \
monospace; fill: #1f2328; }
    .label { font-family: system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
    .small { font-size: 12px; }
    .quiet { fill: #59636e; }
    .line { fill: none; stroke: #59636e; stroke-width: 1; }
    .used { fill: #1a7f37; }
    .wasted { fill: #e0a82e; }
    .waiting { fill: #4a90dc; }
    .hole { fill: #eaeef2; }
    .get { fill: #2f6fbe; }
    .give { fill: #8db9ee; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3; }
      .quiet { fill: #9198a1; }
      .line { stroke: #9198a1; }
      .used { fill: #3fb950; }
      .wasted { fill: #b07d12; }
      .waiting { fill: #79c0ff; }
      .hole { fill: #2a313a; }
      .get { fill: #58a6ff; }
      .give { fill: #2b5a94; }
    }
  </style>"""


def figure(width, height, title, description, body):
    """A whole SVG."""
    return "\n".join([
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" '
        'role="img" aria-labelledby="t d">' % (width, height),
        '  <title id="t">%s</title>' % title,
        '  <desc id="d">%s</desc>' % description,
        STYLE] + body + ["</svg>", ""])


def text(x, y, what, classes="label", anchor="start"):
    """One line of text."""
    return '  <text x="%d" y="%d" class="%s" text-anchor="%s">%s</text>' % (
        x, y, classes, anchor, what)


def box(x, y, width, height, kind):
    """A filled rectangle."""
    return '  <rect class="%s" x="%d" y="%d" width="%d" height="%d"/>' % (
        kind, x, y, width, height)


# --- What it costs ----------------------------------------------------

def cost(measured):
    """11-cost.svg."""
    left, right, height = 310, 660, 17

    def numbers(name, workload):
        if "%s %s" % (name, workload) in measured["full"]:
            return None
        return [round(measured["blocks"]["%s %s %s" % (
            name, workload, what)][1]) for what in ("get", "give")]

    costs = {(workload, name): numbers(name, workload)
             for workload in WORKLOADS for name in NAMES}
    largest = max(sum(pair) for pair in costs.values() if pair)
    scale = (right - left) / largest
    body = [box(left, 16, 12, 12, "get"),
            text(left + 18, 26, "to allocate", "label small"),
            box(left + 110, 16, 12, 12, "give"),
            text(left + 128, 26, "to release", "label small")]
    told = []
    y = 48
    for workload, words in WORKLOADS.items():
        body += [text(16, y + 14, words[0]), text(16, y + 33, words[1])]
        for name, shown in NAMES.items():
            body.append(text(left - 10, y + 13, shown, "label small",
                             "end"))
            pair = costs[workload, name]
            if pair is None:
                body.append(text(left + 4, y + 13, "runs out of memory",
                                 "label small quiet"))
                told.append("%s, %s: runs out of memory" % (
                    " ".join(words), shown))
            else:
                first, both = (max(1, round(part * scale))
                               for part in (pair[0], sum(pair)))
                body += [box(left, y, first, height, "get"),
                         box(left + first, y, max(1, both - first), height,
                             "give"),
                         text(left + both + 6, y + 13, "%d + %d"
                              % tuple(pair), "small")]
                told.append("%s, %s: %d and %d" % (
                    " ".join(words), shown, *pair))
            y += height + 4
        y += 14
    body.append('  <path class="line" d="M%d 42L%d %d"/>' % (
        left, left, y - 10))
    body.append(text(16, y + 10, "instructions for one block, on the "
                     "average, call and return included; %s"
                     % measured["how"].replace(", block", ""),
                     "label small quiet"))
    return figure(760, y + 24, "What a block costs",
                  "Instructions to allocate and to release one block, on "
                  "the average. %s." % "; ".join(told), body)


# --- What becomes of the memory ---------------------------------------

def whole(pieces):
    """The pieces of an arena with what lies between them, which is
    wasted."""
    result, at = [], 0
    for kind, start, size in sorted(pieces, key=lambda piece: piece[1]):
        assert start >= at, "two pieces at %d" % start
        if start > at:
            result.append(("wasted", at, start - at))
        result.append(({"block": "used"}.get(kind, kind), start, size))
        at = start + size
    if at < ARENA:
        result.append(("wasted", at, ARENA - at))
    return result


ROWS, ROW_HEIGHT, ROW_WIDTH = 10, 11, 720


def strip(pieces, x, y):
    """An arena in rows, each kind as one path."""
    paths = {}
    row_bytes = ARENA // ROWS
    for kind, start, size in pieces:
        while size > 0:
            row, offset = divmod(start, row_bytes)
            part = min(size, row_bytes - offset)
            begin = x + offset * ROW_WIDTH / row_bytes
            paths.setdefault(kind, []).append("M%.1f %dh%.1fv%dh-%.1fz" % (
                begin, y + row * (ROW_HEIGHT + 2),
                part * ROW_WIDTH / row_bytes, ROW_HEIGHT,
                part * ROW_WIDTH / row_bytes))
            start += part
            size -= part
    return ['  <path class="%s" d="%s"/>' % (kind, "".join(path))
            for kind, path in sorted(paths.items())]


def share(size):
    """A part of an arena, in words."""
    percent = int(100 * size / ARENA + 0.5)
    return "%d %%" % percent if percent else "less than 1 %"


def fragmentation(measured):
    """11-fragmentation.svg."""
    kinds = {"used": "in use", "wasted": "wasted",
             "waiting": "waits for a block of its size", "hole": "hole"}
    body, told = [], []
    x = 20
    for kind, words in kinds.items():
        body += [box(x, 14, 12, 12, kind),
                 text(x + 18, 24, words, "label small")]
        x += 44 + 7 * len(words)
    y = 52
    for name, shown in NAMES.items():
        pieces = whole(measured["pieces"][name])
        sums = {kind: sum(size for what, _, size in pieces if what == kind)
                for kind in kinds}
        parts = ["%s %s" % (words, share(sums[kind]))
                 for kind, words in (("used", "in use"),
                                     ("wasted", "wasted"),
                                     ("waiting", "waiting"),
                                     ("hole", "holes"))
                 if sums[kind]]
        holes = sum(kind == "hole" for kind, _, _ in pieces)
        largest = max([size for kind, _, size in pieces if kind == "hole"]
                      + [0])
        words = "%s; %d hole%s, largest %s bytes" % (
            ", ".join(parts), holes, "" if holes == 1 else "s",
            format(largest, ","))
        full = measured["full"].get(name + " slots")
        if full:
            words += "; no room for block %d" % full
        body += [text(20, y, shown),
                 text(130, y, words, "label small quiet")]
        told.append("%s: %s" % (shown, words))
        body += strip(pieces, 20, y + 10)
        y += 10 + ROWS * (ROW_HEIGHT + 2) + 28
    body.append(text(20, y - 4, "each arena has 100 KiB, a row 10 KiB; "
                     "after 20,000 steps, or where there was no room",
                     "label small quiet"))
    return figure(760, y + 10, "Three arenas after the same traffic",
                  "Blocks of 8 to 512 bytes come and go in 256 slots. %s."
                  % ". ".join(told), body)


def main():
    """The exit status."""
    if len(sys.argv) != 3:
        print("usage: draw.py MEASURED.json DIRECTORY", file=sys.stderr)
        return 2
    try:
        with open(sys.argv[1], encoding="utf-8") as file:
            measured = json.load(file)
        for name, draw in (("11-cost.svg", cost),
                           ("11-fragmentation.svg", fragmentation)):
            path = os.path.join(sys.argv[2], name)
            with open(path, "w", encoding="utf-8") as file:
                file.write(draw(measured))
            print(path)
    except (OSError, ValueError) as problem:
        print("draw: %s" % problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
