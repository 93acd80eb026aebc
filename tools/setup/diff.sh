#!/bin/sh
# What changed between two directories, for `make diff`: without FROM since the
# chapter before, up to the directory it is called in.
# usage: tools/setup/diff.sh [FROM [TO]]
set -eu

here=$(basename "$PWD")
cd "$(dirname "$0")/../.."
die() { printf 'diff: %s\n' "$*" >&2; exit 1; }
command -v git >/dev/null || die "git is missing: ./setup.sh installs it"

# find_tree NAME: sets $tree; a chapter may go by its number.
find_tree() {
    for tree in "$1" "$1"-* "0$1"-*; do
        if [ -d "$tree" ]; then return 0; fi
    done
    die "there is no directory $1 beside the chapters"
}

find_tree "${2:-$here}"
to=$tree
if [ -n "${1-}" ]; then
    find_tree "$1"
    from=$tree
else
    from=""
    for chapter in [0-9][0-9]-*/; do
        chapter=${chapter%/}
        case $to in [0-9][0-9]-*) [ "$chapter" != "$to" ] || break ;; esac
        from=$chapter
    done
    [ -n "$from" ] ||
        die "no chapter comes before $to: FROM= names what to compare it with"
fi
# Status 1 says that there are differences.
git diff --no-index "$from" "$to" || [ $? = 1 ]
