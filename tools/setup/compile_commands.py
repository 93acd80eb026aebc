"""Writes build/compile_commands.json: how each source is compiled, for
editors that use clangd, which look for it above a source in build/, too.

    cd TREE && python3 ../tools/setup/compile_commands.py COMMAND FILE ...

What it holds of other trees stays.
"""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                ".."))

from common import files, terminal  # noqa: E402

OUTPUT = os.path.join(files.BUILD, "compile_commands.json")
# clangd refuses an attribute of GCC's; this header does without.
CLANG = " -iquote '%s'" % os.path.join(files.ROOT, "tools", "clang")


def work():
    """Writes the file; the exit status."""
    command, *sources = sys.argv[1:]
    here = os.getcwd()
    try:
        known = json.loads(files.read_text(OUTPUT) or "[]")
    except ValueError:
        known = []
    entries = [entry for entry in known if entry["directory"] != here
               and os.path.isdir(entry["directory"])]
    entries += [{"directory": here, "file": source,
                 "command": "%s%s -c %s" % (command, CLANG, source)}
                for source in sources]
    files.write(OUTPUT, json.dumps(entries, indent=1) + "\n")
    terminal.say("%s: %d files of %s" % (
        terminal.shown_path(OUTPUT), len(sources), os.path.basename(here)))
    return 0


if __name__ == "__main__":
    terminal.main("compile_commands", work)
