#!/bin/sh
# A shell, or a command, in a container that has every tool this project needs.
#
#   ./setup.sh --container [COMMAND...]
#
# Takes podman, or docker where that is there; builds the image the first time,
# and again when Containerfile, setup.sh or tools/setup/system.sh has changed. The
# project's directory is the same one inside as outside: what is built stays.
#
#   BASE=IMAGE    another Debian to start from (docker.io's debian, bookworm)
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"

die() { printf 'container: %s\n' "$*" >&2; exit 1; }

# --- Which program ----------------------------------------------------------

# A docker without its service, or without the right to speak to it, is no help.
engine=""
for candidate in podman docker; do
    if command -v "$candidate" >/dev/null 2>&1 &&
        "$candidate" info >/dev/null 2>&1; then
        engine=$candidate
        break
    fi
done
if [ -z "$engine" ]; then
    for candidate in podman docker; do
        if command -v "$candidate" >/dev/null 2>&1; then
            die "$candidate is there but does not work for this user;" \
                "'$candidate info' says why"
        fi
    done
    die "neither podman nor docker is there; on Debian and Ubuntu:" \
        "sudo apt-get install podman"
fi

case $root in
*:*) die "containers cannot be given a directory with a colon in its name" ;;
esac

# --- The image --------------------------------------------------------------

base=${BASE:-}
content=$( (printf '%s\n' "$base"
    cat Containerfile setup.sh tools/setup/system.sh tools/setup/grub.sh) |
    cksum | cut -d' ' -f1)
image=localhost/writing-an-os-in-c:$content
if ! "$engine" image inspect "$image" >/dev/null 2>&1; then
    printf 'Building the container (once; some minutes, 1 GB)\n'
    # A directory with these files only: the project may be large.
    context=$(mktemp -d)
    trap 'rm -rf "$context"' EXIT
    trap 'exit 130' INT TERM
    mkdir -p "$context/tools/setup"
    cp Containerfile setup.sh "$context"
    cp tools/setup/system.sh tools/setup/grub.sh "$context/tools/setup"
    "$engine" build --network host ${base:+--build-arg} ${base:+"BASE=$base"} \
        -t "$image" -f "$context/Containerfile" "$context" ||
        die "the container could not be built"
    rm -rf "$context"
    trap - EXIT INT TERM
fi

# --- Into it ----------------------------------------------------------------

terminal=""
if [ -t 0 ] && [ -t 1 ]; then terminal=-t; fi
# Files that are made inside are to be ours outside. Podman without root makes
# the inner root us; docker's inner root is the real one, so we go in as
# ourselves.
user=""
if [ "$engine" = docker ] && [ "$(id -u)" != 0 ]; then
    user=--user=$(id -u):$(id -g)
fi
[ $# -gt 0 ] || set -- bash
# The network of the machine as it is: without root another one would need one
# more program, and nothing in there serves or is served.
exec "$engine" run --rm -i --network host \
    ${terminal:+"$terminal"} ${user:+"$user"} \
    --security-opt label=disable \
    -e HOME=/tmp -e TERM="${TERM:-dumb}" -e LC_ALL=C.UTF-8 \
    -v "$root:$root" -w "$root" "$image" "$@"
