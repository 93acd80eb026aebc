#!/bin/sh
# Stands before a C compiler in PATH while the book is proven.  The states
# of the reader's tree have most of their files in common, so what was
# compiled for one is taken for another where all that the compiler reads
# is the same: the arguments, the source, and every header that it read.
#
#     BOOK_CC_CACHE   a directory, for this run of the proof only; if it is
#                     not set, everything is compiled
#     BOOK_CC_PLACE   the end of the path of this state, run-ab12/0007: the
#                     debugging information names it, so it is exchanged
#                     (all of them are equally long)
#
# compilers.py puts the compiler's path into the next line.
real=@REAL@

object='' source='' last='' flags=''
for word in "$@"; do
    case $last in -o) object=$word ;; esac
    case $word in
    -c | -MMD | -MP) flags=$flags$word ;;
    *.c) source=$source$word ;;
    esac
    last=$word
done

# Only what our rules do: one source, one object, a list of headers.
if [ -z "$BOOK_CC_CACHE" ] || [ "$flags" != -MMD-MP-c ] ||
    [ ! -f "$source" ] || [ "${object%.o}" = "$object" ]; then
    exec "$real" "$@"
fi
headers=${object%.o}.d
nowhere=${BOOK_CC_PLACE%/*}/0000
export LC_ALL=C

sum=$({ printf '%s\n' "$real" "$@" && cat "$source"; } | sha256sum)
known=$BOOK_CC_CACHE/${sum%% *}
for entry in "$known".*; do
    if [ -f "$entry/read" ] &&
        sha256sum --check --status "$entry/read" 2> /dev/null; then
        sed "s|$nowhere|$BOOK_CC_PLACE|g" "$entry/object" > "$object" &&
            cp "$entry/headers" "$headers" && exit 0
    fi
done

new=$BOOK_CC_CACHE/new.$$
mkdir "$new" || exec "$real" "$@"
"$real" "$@" 2> "$new/errors"
status=$?
cat "$new/errors" >&2
# A warning must come out every time: what has one is not kept.  -MP
# gives every header a line of its own.
if [ "$status" = 0 ] && [ ! -s "$new/errors" ] &&
    sed -n 's/:$//p' "$headers" |
        xargs sha256sum "$source" > "$new/read" 2> /dev/null &&
    sed "s|$BOOK_CC_PLACE|$nowhere|g" "$object" > "$new/object" &&
    cp "$headers" "$new/headers"; then
    mv "$new" "$known.$$"
else
    rm -rf "$new"
fi
exit "$status"
