#!/bin/sh
# Prints the directory that a person means by CHAPTER=: a number, a name, or a
# directory of their own. Else one sentence that begins with "chapter: ".
set -eu

die() { printf 'chapter: %s\n' "$*"; exit 1; }

for tree in "$1" "$1"-* "0$1"-*; do
    tree=${tree%/}
    [ -f "$tree/Makefile" ] || continue
    [ "$tree" != . ] || break
    [ -f "$tree/../common.mk" ] || die "$tree must lie beside common.mk, as" \
        "the chapters do, and its Makefile takes the build rules from there:" \
        "copy it to this directory"
    printf '%s\n' "$tree"
    exit 0
done
die "there is no chapter $1, and no directory of that name with a Makefile"
