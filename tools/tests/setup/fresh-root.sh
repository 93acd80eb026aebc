#!/bin/sh
# Proves the set-up where it matters: on a Debian that has nothing on it.
#
#   tools/tests/setup/fresh-root.sh SUITE [DIRECTORY]
#
# SUITE is bookworm (Debian 12) or trixie (Debian 13). Makes a minimal root of
# it with mmdebstrap, puts the project in (the last commit; or DIRECTORY as it
# is, without its build/), and does there what a newcomer does: ./setup.sh, make
# run, make test, the latter two as an ordinary user. Each step is a line; ends
# with "N passed, N failed".
#
# Needs root, mmdebstrap and a mirror of Debian; about 600 MB in ROOTS.
#
#   ROOTS=DIR     where the roots are made (build/roots)
#   MIRROR=URL    Debian's mirror (http://deb.debian.org/debian)
#   ONLY=setup    stops after the set-up itself
#   KEEP=1        keeps the root, to look at it
set -eu

project=$(cd "$(dirname "$0")/../../.." && pwd)
suite=${1-}
case $suite in
bookworm | trixie) ;;
*) sed -n '2,/^set -eu/{/^set -eu/d;s/^# \{0,1\}//;p;}' "$0" >&2; exit 2 ;;
esac
source=${2-}
roots=${ROOTS:-$project/build/roots}
mirror=${MIRROR:-http://deb.debian.org/debian}
base=$roots/$suite.base
fresh=$roots/$suite.$$
log=$roots/$suite.log

if [ "$(id -u)" != 0 ]; then
    echo "fresh-root: changing the root directory needs root" >&2
    exit 2
fi

# --- The root ---------------------------------------------------------------

mkdir -p "$roots"
if [ ! -d "$base" ]; then
    echo "making a minimal $suite"
    rm -rf "$base.new"
    if ! mmdebstrap --variant=apt "$suite" "$base.new" "$mirror" >"$log" 2>&1
    then
        tail -n 5 "$log" >&2
        exit 2
    fi
    mv "$base.new" "$base"
fi
cp -a --reflink=auto "$base" "$fresh"
if [ "${KEEP-}" != 1 ]; then trap 'rm -rf "$fresh"' EXIT; fi
trap 'exit 130' INT TERM

# A name with a space, because somebody's has one.
inside="/home/reader/My Kernels/os"
mkdir -p "$fresh$inside"
if [ -n "$source" ]; then
    tar -C "$source" --exclude=./build --exclude=./.git -cf - . |
        tar -C "$fresh$inside" -xf -
else
    git -c safe.directory='*' -C "$project" archive HEAD |
        tar -C "$fresh$inside" -xf -
fi

# --- Running things in it ---------------------------------------------------

# Mounts live in a name space of their own and end with the command.
within() { # USER COMMAND
    # The inner shell's variables are its own.
    # shellcheck disable=SC2016
    unshare --mount --pid --fork --kill-child sh -c '
        mount --rbind /dev "$1/dev" && mount -t proc proc "$1/proc" || exit 125
        exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
            HOME=/home/reader LC_ALL=C.UTF-8 TERM=dumb \
            chroot --userspec="$2" "$1" sh -c "cd \"$3\" && $4"
    ' sh "$fresh" "$1" "$inside" "$2" </dev/null
}

passed=0
failed=0
start=$(date +%s)
# proof NAME USER STATUS TEXT COMMAND: the command must end with STATUS and
# print TEXT (a basic regular expression; none: anything).
proof() {
    begun=$(date +%s)
    status=0
    within "$2" "$5" >"$log" 2>&1 || status=$?
    took=$(($(date +%s) - begun))
    if [ "$status" = "$3" ] && { [ -z "$4" ] || grep -q -- "$4" "$log"; }; then
        passed=$((passed + 1))
        printf '%s: %s... [ok] (%s s)\n' "$suite" "$1" "$took"
        return
    fi
    failed=$((failed + 1))
    printf '%s: %s... [failed]\n' "$suite" "$1"
    printf '    expected status %s and "%s"; status %s, and:\n' "$3" "$4" "$status"
    # A test run's failures, wherever they stand, and its end.
    grep -A 12 '^fail:' "$log" | head -n 60 | sed 's/^/    /' || true
    tail -n 25 "$log" | sed 's/^/    /'
    # What comes later leans on it.
    [ "${6-}" != must ] || finish
}

finish() {
    printf '%s: %s s in all; %s of disk\n' "$suite" \
        "$(($(date +%s) - start))" "$(du -shx "$fresh" | cut -f1)"
    printf '%s passed, %s failed\n' "$passed" "$failed"
    [ "$failed" = 0 ]
    exit
}

# By hand: a minimal trixie has no useradd.
echo 'reader:x:1000:1000::/home/reader:/bin/sh' >>"$fresh/etc/passwd"
echo 'reader:x:1000:' >>"$fresh/etc/group"
echo 'reader:*:20000::::::' >>"$fresh/etc/shadow"
chown -R 1000:1000 "$fresh/home/reader"

# --- What a newcomer does ---------------------------------------------------

proof "without root: says what to install" 1000:1000 1 \
    "apt-get install --no-install-recommends .*nasm" "./setup.sh"
proof "--list is one line of names" 1000:1000 0 "^gcc .*grub-pc-bin" \
    "./setup.sh --list >/tmp/list && cat /tmp/list && [ \$(wc -l </tmp/list) = 1 ]"
proof "./setup.sh installs all of it" 0:0 0 "^Everything is there" \
    "./setup.sh" must
# An apt-get that complains would be found first.
within 0:0 "mkdir /trap && { echo '#!/bin/sh'; echo 'echo called; exit 9'; } \
    >/trap/apt-get && chmod +x /trap/apt-get" >"$log" 2>&1
proof "a second time it asks apt-get nothing" 1000:1000 0 "^Everything is" \
    "PATH=/trap:\$PATH ./setup.sh"
proof "what is taken away is installed again" 0:0 0 "^Everything is" \
    'dpkg --remove --force-depends nasm grub-pc-bin && ./setup.sh --yes && nasm -v'

# Through sudo, as most people do. (The host name makes sudo grumble.)
within 0:0 "apt-get -q install -y --no-install-recommends sudo &&
    echo 'reader ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/reader" >"$log" 2>&1
proof "with sudo and no terminal: goes ahead" 1000:1000 0 "^Everything is" \
    "sudo dpkg --remove --force-depends nasm && ./setup.sh"
proof "on a terminal it asks, and takes no for an answer" 1000:1000 1 \
    "Nothing was changed" "sudo dpkg --remove --force-depends nasm &&
    (sleep 2; echo n) | script -qec ./setup.sh /dev/null"
proof "on a terminal it asks, and takes yes" 1000:1000 0 "^Everything is" \
    "(sleep 2; echo) | script -qec ./setup.sh /dev/null"
proof "make doctor finds nothing missing" 1000:1000 0 "" "sh tools/setup/doctor.sh"
[ "${ONLY-}" != setup ] || finish

proof "make run shows the kernel" 1000:1000 0 "Hello World" "make run CHAPTER=02"
proof "make test" 1000:1000 0 "passed, 0 failed" "make test"
finish
