#!/bin/sh
# Called when a kernel could not be linked: says how large it is and what in it
# is largest, if it has outgrown the 1 MiB below 2 MiB that boot.asm maps in
# small pages.
# usage: tools/setup/largest.sh OBJECT...              (NM and SIZE: the tools)
set -eu

bytes=$("${SIZE:-size}" "$@" 2>/dev/null |
    awk 'NR > 1 { sum += $1 + $2 + $3 } END { print sum + 0 }')
[ "$bytes" -gt 1000000 ] || exit 0
{
    echo "The parts of this kernel have $((bytes / 1024)) KiB; up to 2 MiB there" \
        "is room for 1024.  The largest:"
    "${NM:-nm}" -A -S --size-sort -t d "$@" | sort -k 2,2nr | head -n 3 |
        sed -E 's|^([^:]*/)?(src/[^:]*)\.o:[0-9]+ 0*([0-9]+) . (.*)|    \3 bytes: \4 in \2|'
    echo "Make it smaller, or take the memory from the heap (kmalloc, from" \
        "chapter 10 on)."
} >&2
