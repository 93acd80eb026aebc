#!/bin/sh
# Starts a directory of the reader's own, beside the chapters.
#
#   make new NAME=my-kernel [FROM=03]     or     tools/setup/new.sh NAME [FROM]
#
# Without FROM it holds a README.md only, and the book fills it from its first
# page on; with FROM it begins as a copy of that chapter (a number or a name) or
# of another directory of one's own. It is a git repository of its own; the
# project around it does not see it.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"

say() { printf '%s\n' "$*"; }
die() { printf 'new: %s\n' "$*" >&2; exit 1; }

name=${1-}
from=${2-}

# --- A name that make, git and the tools can live with ----------------------

case $name in
"") die "which name? Say, for example: make new NAME=my-kernel" ;;
*/*) die "a name, not a path: it is made beside the chapters" ;;
*[[:space:]]*) die "no spaces in the name, please: make cannot handle them" ;;
[0-9][0-9]-*) die "$name looks like a chapter; try my-$name" ;;
my-?*) ;;
*) die "git leaves directories alone here if they begin with my-: try my-$name" ;;
esac
case $name in
*[!A-Za-z0-9._-]*) die "letters, digits, . _ and - only, please" ;;
esac
if [ -e "$name" ] || [ -L "$name" ]; then
    die "$name is there already; it is left as it is"
fi

# --- What it begins with ----------------------------------------------------

tree=""
if [ -n "$from" ]; then
    for candidate in "$from" "$from"-*; do
        if [ -f "$candidate/Makefile" ]; then tree=${candidate%/}; break; fi
    done
    [ -n "$tree" ] || die "there is no chapter or directory $from"
    case $tree in
    */* | .*) die "FROM=: a chapter or a directory beside it, not $from" ;;
    esac
fi

# First under another name, so that what is half copied is never taken for done.
new=$name.new.$$
trap 'rm -rf "$new"' EXIT
trap 'exit 130' INT TERM
mkdir "$new"
if [ -n "$tree" ]; then
    # Not the history of a directory that is a repository of its own.
    (cd "$tree" && tar -cf - --exclude=./.git .) | (cd "$new" && tar -xf -)
    begins="the kernel of $tree"
else
    cat >"$new/README.md" <<END
# $name

My own kernel, written along the book *Writing an OS in C*.

The book begins in [its first chapter](../book/01-freestanding.md). Whatever it
tells to write goes into this directory; commands are typed here as well. What
they make goes to \`../build/$name/\`.
END
    begins="an empty directory"
fi
mv "$new" "$name"

# --- A repository of its own ------------------------------------------------

# Somebody else's git may be running us (a hook, say).
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_PREFIX
history="not a git repository (git is not there)"
if command -v git >/dev/null 2>&1; then
    history="a git repository without a commit yet"
    if ! (cd "$name" && git init -q && git add -A &&
        git symbolic-ref HEAD refs/heads/main) >/dev/null 2>&1; then
        history="not a git repository (git init failed)"
    elif [ -n "$(git config user.name)" ] && [ -n "$(git config user.email)" ]
    then
        if (cd "$name" && git -c commit.gpgsign=false commit -q -m \
            "Begin with $begins") >/dev/null 2>&1; then
            history="a git repository with a first commit"
        fi
    else
        history="$history: git does not know your name"
    fi
fi

say "$name: $begins, $history."
if [ -n "$tree" ]; then
    say "Go on with: cd $name && make run"
else
    say "Go on with: cd $name, and book/01-freestanding.md"
fi
