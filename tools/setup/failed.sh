#!/bin/sh
# Called when a step of the build has failed: adds a sentence where the reason
# is not in the source, and fails, too.
# usage: tools/setup/failed.sh BUILD [OBJECT...]       (NM and SIZE: the tools)
set -u

build=$1
shift

# Can anything be written there at all?
says=$(export LC_ALL=C; mkdir -p "$build" 2>&1 &&
    { head -c 65536 /dev/zero >"$build/.room"; } 2>&1)
rm -f "$build/.room" 2>/dev/null
case $says in
"") ;;
*[Rr]ead-only*) echo "$build is on a disk that can only be read: work in a" \
    "copy of the project." ;;
*[Pp]ermission*) echo "You may not write to $build, perhaps after a build as" \
    "root or by another user: sudo chown -R $(id -un) ${build%/*}, or work in" \
    "a copy of the project." ;;
*) echo "There is no room left for $build (df says how much): make clean" \
    "removes what was built." ;;
esac >&2

# Has the kernel outgrown the MiB below 2 MiB that boot.asm maps in small pages?
[ $# -gt 0 ] || exit 1
bytes=$("${SIZE:-size}" "$@" 2>/dev/null |
    awk 'NR > 1 { sum += $1 + $2 + $3 } END { print sum + 0 }')
[ "$bytes" -gt 1000000 ] || exit 1
{
    echo "Its parts have $((bytes / 1024)) KiB, and 1 MiB is mapped in small" \
        "pages.  The largest:"
    "${NM:-nm}" -A -S --size-sort -t d "$@" | sort -k 2,2nr | head -n 3 |
        sed -E 's|^([^:]*/)?(src/[^:]*)\.o:[0-9]+ 0*([0-9]+) . (.*)|    \3 bytes: \4 in \2|'
    echo "Make that smaller, or take the memory from the heap (chapter 10)."
} >&2
exit 1
