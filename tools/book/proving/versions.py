"""Which tools are here, and which ones the book's transcripts come from."""

import os
import re
import shlex
import subprocess

# The name in book/versions, and how to ask.
TOOLS = (
    ('gcc', 'gcc --version'),
    ('binutils', 'ld --version'),
    ('nasm', 'nasm --version'),
    ('grub', 'grub-mkrescue --version'),
    ('qemu', 'qemu-system-x86_64 --version'),
    ('gdb', 'gdb --version'),
    ('make', 'make --version'),
)
# What each tool is called in a command line.
WORDS = (
    (r'\b(?:gcc|cc)\b', ('gcc', 'binutils')),
    (r'\b(?:ld|objdump|readelf|objcopy|nm|size|strip|strings|addr2line|as|'
     r'ar)\b', ('binutils',)),
    (r'\bnasm\b', ('nasm',)),
    (r'\bqemu', ('qemu',)),
    (r'\bgrub', ('grub',)),
    (r'\bgdb\b', ('gdb',)),
    (r'\bmake\b', tuple(name for name, _ in TOOLS)),
    # What was built by make earlier bears its tools' marks.
    (r'\bbuild/', ('gcc', 'binutils', 'nasm')),
)


def installed():
    """name -> version, '' for a tool that is not here."""
    found = {}
    environment = dict(os.environ, LC_ALL='C')
    for name, command in TOOLS:
        try:
            run = subprocess.run(shlex.split(command), env=environment,
                                 stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL, timeout=20,
                                 check=False, universal_newlines=True)
            found[name] = number(run.stdout)
        except (OSError, subprocess.TimeoutExpired):
            found[name] = ''
    return found


def number(text):
    """The version in the first line of what a tool says."""
    first = re.sub(r'\([^)]*\)', ' ', text.split('\n', 1)[0])
    found = re.search(r'\d+(?:\.\d+)+', first)
    return found.group(0) if found else ''


def written(root, report):
    """book/versions: name -> version."""
    path = os.path.join(root, 'book', 'versions')
    if not os.path.exists(path):
        return {}
    known, found = {name for name, _ in TOOLS}, {}
    with open(path, encoding='utf-8') as stream:
        for line, text in enumerate(stream, 1):
            parts = text.split('#')[0].split()
            if not parts:
                continue
            if len(parts) != 2 or parts[0] not in known:
                report.error('book/versions', line, 'a line reads TOOL '
                             'VERSION; the tools are %s'
                             % ', '.join(sorted(known)))
                continue
            found[parts[0]] = parts[1]
    return found


def others(book, here):
    """Tools that are here in another version than the book's."""
    return {name for name in book if here.get(name) != book[name]}


def used_by(command):
    """The tools whose versions a command's output may depend on."""
    used = set()
    for word, names in WORDS:
        if re.search(word, command):
            used.update(names)
    return used
