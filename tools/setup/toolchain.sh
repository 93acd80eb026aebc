#!/bin/sh
# Builds a cross-compiler for x86_64-elf: binutils and GCC, C only, no libgcc.
#
# The compiler of an x86-64 Debian makes good kernels, so nobody needs this to
# follow the book there. It is for a computer whose own compiler makes code for
# another processor or another system, and for those who want to see that the
# kernels do not lean on their host.
#
#   make toolchain                 or      tools/setup/toolchain.sh [--check]
#
# --check only says whether everything that the build needs is there.
#
# Variables:
#   PREFIX=DIR            where the finished tools go (build/toolchain)
#   WORK=DIR              where they are built; emptied at the end
#   JOBS=N                how many compilers run at once (one for each core)
#   BINUTILS_TARBALL=F    sources to use; without them Debian's packages
#   GCC_TARBALL=F         binutils-source and gcc-NN-source are taken
#   KEEP=1                keeps WORK after success
#
# A build that was stopped goes on where it was when this is started again.
set -eu

TARGET=x86_64-elf
root=$(cd "$(dirname "$0")/../.." && pwd)

say() { printf '%s\n' "$*"; }
die() { printf 'toolchain: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

usage() { sed -n '2,/^set -eu/{/^set -eu/d;s/^# \{0,1\}//;p;}' "$0"; }

# make hands its own options down to what it starts (--no-print-directory, a
# jobserver that this script is not part of); the sources' makefiles are to see
# none of it.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
# Flags meant for the kernels must not reach the compiler's own build either.
unset CFLAGS CXXFLAGS CPPFLAGS LDFLAGS CC CXX LD AS AR
unset CROSS_COMPILE

check_only=no
case ${1-} in
"") ;;
--check) check_only=yes ;;
-h | --help) usage; exit 0 ;;
*) die "unknown option $1 (see tools/setup/toolchain.sh --help)" ;;
esac

# --- What the build itself needs -------------------------------------------

compiles() { # LANGUAGE TEXT: does the host's compiler take this text?
    printf '%s\n' "$2" | "${host_cxx:-c++}" -x "$1" -fsyntax-only - \
        >/dev/null 2>&1
}

host_cxx=c++
have c++ || host_cxx=g++
missing=""
need() { missing="$missing $1"; }
if ! have "$host_cxx" || ! compiles c++ 'int main() { return 0; }'; then
    need g++
    host_cxx=cc
fi
have make || need make
have flex || need flex
have bison || need bison
have xz || need xz-utils
have tar || need tar
compiles c '#include <gmp.h>' || need libgmp-dev
compiles c '#include <mpfr.h>' || need libmpfr-dev
compiles c '#include <mpc.h>' || need libmpc-dev

if [ -n "$missing" ]; then
    {
        say "toolchain: missing for the build of GCC:$missing"
        if have apt-get; then
            say "  sudo apt-get install --no-install-recommends$missing"
        else
            say "  (these are Debian's names; install what they hold)"
        fi
    } >&2
    exit 1
fi

# --- Where things are -------------------------------------------------------

prefix=${PREFIX:-$root/build/toolchain}
case $prefix in
/*) ;;
*) prefix=$PWD/$prefix ;;
esac

# The configure scripts of GCC stop at a directory with a space in its name.
# So the work is done elsewhere if there is one, and the finished tools, which
# find each other by where they themselves are, are moved into place.
work=${WORK:-$root/build/toolchain-work}
case $work in
*[[:space:]]*)
    [ -z "${WORK-}" ] || die "WORK must not have a space in its name: $work"
    work=${XDG_CACHE_HOME:-$HOME/.cache}/$TARGET-build
    say "a path with a space: building in $work"
    ;;
esac
case $work in
*[[:space:]]*) die "no directory without a space: name one with WORK=" ;;
/*) ;;
*) work=$PWD/$work ;;
esac

jobs=${JOBS:-$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)}

# --- Sources ----------------------------------------------------------------

# newest PATTERN...: the last in the order of versions among existing files.
newest() {
    for file in "$@"; do
        if [ -f "$file" ]; then say "$file"; fi
    done | sort -V | tail -n 1
}

# Takes a source package's content without installing it: no root is needed.
fetch() { # PACKAGE
    have apt-get || return 1
    have dpkg-deb || return 1
    mkdir -p "$work/packages"
    sandbox=""
    if [ "$(id -u)" = 0 ]; then sandbox="-o APT::Sandbox::User=root"; fi
    # shellcheck disable=SC2086 # the option is two words or none
    (cd "$work/packages" && apt-get $sandbox -q download "$1") \
        >"$work/log/fetch-$1" 2>&1 || return 1
    for deb in "$work/packages/$1"_*.deb; do
        dpkg-deb -x "$deb" "$work/packages/root" || return 1
        rm -f "$deb"
    done
}

gcc_versions() { # the host's own version first: it is the one most tried
    if have gcc; then gcc -dumpversion | cut -d. -f1; fi
    say "14 12 13 15" | tr ' ' '\n'
}

find_binutils() {
    newest /usr/src/binutils/binutils-*.tar.* \
        "$work"/packages/root/usr/src/binutils/binutils-*.tar.*
}

find_gcc() {
    for version in $(gcc_versions); do
        found=$(newest "/usr/src/gcc-$version"/gcc-*.tar.* \
            "$work/packages/root/usr/src/gcc-$version"/gcc-*.tar.*)
        if [ -n "$found" ]; then say "$found"; return; fi
    done
}

no_sources() { # WHAT VARIABLE PACKAGE
    die "no sources of $1. Install the package $3 (nothing of it is run," \
        "it holds the sources), or name a tarball: make toolchain $2=FILE"
}

# --- Steps ------------------------------------------------------------------

start=$(date +%s)
lasted() { # SECONDS since this script started, for people
    seconds=$(($(date +%s) - $1))
    printf '%d:%02d min' $((seconds / 60)) $((seconds % 60))
}

# step NAME COMMAND...: runs a function once; what it says goes to a log.
step() {
    name=$1
    shift
    if [ -e "$work/done/$name" ]; then
        printf '  %-20s done before\n' "$name"
        return
    fi
    printf '  %-20s ' "$name"
    begun=$(date +%s)
    # In a shell of its own with -e set, so that the first failing command
    # ends it; a function called inside "if" or "||" would go on.
    set +e
    (set -e; "$@") >"$work/log/$name" 2>&1
    status=$?
    set -e
    if [ "$status" != 0 ]; then
        printf 'failed\n'
        tail -n 20 "$work/log/$name" >&2
        die "$name failed; the whole story is in $work/log/$name"
    fi
    : >"$work/done/$name"
    lasted "$begun"
    printf '\n'
}

unpack() { # TARBALL DIRECTORY
    rm -rf "$2.new" "$2"
    mkdir -p "$2.new"
    # The tests of GCC are 100,000 files; of these the build looks at none but
    # gcc/testsuite/selftests.
    tar -xf "$1" -C "$2.new" --strip-components=1 \
        --exclude='*/gcc/testsuite/g*' --exclude='*/gcc/testsuite/c-*' \
        --exclude='*/gcc/testsuite/obj*' --exclude='*/gcc/testsuite/rust' \
        --exclude='*/libstdc++-v3/testsuite' --exclude='*/libgo' \
        --exclude='*/gcc/ada'
    mv "$2.new" "$2"
}

configure_binutils() {
    rm -rf "$work/binutils-build"
    mkdir -p "$work/binutils-build"
    cd "$work/binutils-build"
    "$work/binutils/configure" --target="$TARGET" --prefix="$work/tools" \
        --disable-nls --disable-werror --disable-gdb --disable-sim \
        --disable-gprofng --disable-gprof --disable-gold \
        --enable-deterministic-archives \
        CFLAGS=-O2 CXXFLAGS=-O2 MAKEINFO=true
}

build_binutils() {
    make -C "$work/binutils-build" -j"$jobs" MAKEINFO=true
}

install_binutils() {
    make -C "$work/binutils-build" install-strip MAKEINFO=true
}

# No libgcc: the kernels do without it, and a call into it that slips in is to
# be an undefined symbol. It also needs no headers and no libc that way.
configure_gcc() {
    rm -rf "$work/gcc-build"
    mkdir -p "$work/gcc-build"
    cd "$work/gcc-build"
    PATH=$work/tools/bin:$PATH "$work/gcc/configure" \
        --target="$TARGET" --prefix="$work/tools" \
        --enable-languages=c --without-headers --disable-bootstrap \
        --disable-nls --disable-multilib --disable-lto --disable-plugin \
        --disable-shared --disable-threads --without-isl --without-zstd \
        CFLAGS=-O2 CXXFLAGS=-O2 MAKEINFO=true
}

# Debian's tarball comes without the text of GCC's manual, for its licence, and
# the build would compare that text with the sources and stop. The stamp says
# that it has done so; it is from the future, so that nothing is newer.
build_gcc() {
    mkdir -p "$work/gcc-build/gcc"
    touch -t 209901010000 "$work/gcc-build/gcc/s-tm-texi"
    PATH=$work/tools/bin:$PATH make -C "$work/gcc-build" -j"$jobs" \
        all-gcc MAKEINFO=true
}

install_gcc() {
    PATH=$work/tools/bin:$PATH make -C "$work/gcc-build" \
        install-strip-gcc MAKEINFO=true
}

# try DIRECTORY: does the compiler in there make x86-64 ELF objects, and does
# it find its assembler and its headers by itself?
try() {
    rm -rf "$work/try"
    mkdir -p "$work/try"
    cat >"$work/try/try.c" <<'END'
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
void _start(void);
void _start(void)
{
    uint64_t big = UINT64_MAX;
    __asm__ volatile("hlt" : : "a"(big));
}
END
    env -i PATH=/usr/bin:/bin "$1/bin/$TARGET-gcc" -ffreestanding -nostdlib \
        -mno-red-zone -mgeneral-regs-only -O2 -Wall -Werror \
        -o "$work/try/try.elf" "$work/try/try.c"
    "$1/bin/$TARGET-readelf" -h "$work/try/try.elf" | grep -q 'X86-64'
    "$1/bin/$TARGET-objdump" -d "$work/try/try.elf" | grep -q 'hlt'
}

install_tools() {
    mkdir -p "$(dirname "$prefix")"
    rm -rf "$work/tools/share/info" "$work/tools/share/man"
    rm -rf "$prefix.new"
    cp -R "$work/tools" "$prefix.new"
    rm -rf "$prefix"
    mv "$prefix.new" "$prefix"
}

# --- The work ---------------------------------------------------------------

if [ "$check_only" = yes ]; then
    say "everything that the build of GCC needs is there"
    exit 0
fi
if [ -x "$prefix/bin/$TARGET-gcc" ]; then
    say "$prefix/bin/$TARGET-gcc is there already:"
    "$prefix/bin/$TARGET-gcc" --version | sed -n 's/^/  /p;1q'
    say "To build it again, remove $prefix first."
    exit 0
fi
if [ -e "$prefix" ] && [ -n "$(ls -A "$prefix")" ]; then
    die "$prefix is there but is no $TARGET toolchain; name another PREFIX="
fi

mkdir -p "$work/done" "$work/log"

binutils_tarball=${BINUTILS_TARBALL:-$(find_binutils)}
if [ -z "$binutils_tarball" ]; then
    say "fetching Debian's package binutils-source (24 MB)"
    fetch binutils-source || true
    binutils_tarball=$(find_binutils)
fi
[ -n "$binutils_tarball" ] ||
    no_sources binutils BINUTILS_TARBALL binutils-source
[ -f "$binutils_tarball" ] || die "no such file: $binutils_tarball"

gcc_tarball=${GCC_TARBALL:-$(find_gcc)}
if [ -z "$gcc_tarball" ]; then
    for version in $(gcc_versions); do
        say "fetching Debian's package gcc-$version-source (85 MB)"
        if fetch "gcc-$version-source"; then break; fi
    done
    gcc_tarball=$(find_gcc)
fi
[ -n "$gcc_tarball" ] || no_sources GCC GCC_TARBALL gcc-14-source
[ -f "$gcc_tarball" ] || die "no such file: $gcc_tarball"

# Other sources than the last time: everything after them starts again.
printf '%s\n' "$binutils_tarball" "$gcc_tarball" >"$work/sources.new"
if ! cmp -s "$work/sources.new" "$work/sources"; then
    rm -rf "$work/done" "$work/tools"
    mkdir -p "$work/done"
    mv "$work/sources.new" "$work/sources"
fi

say "$TARGET from $(basename "$binutils_tarball") and $(basename \
    "$gcc_tarball"), $jobs at a time"
say "(about 10 minutes on two free cores; the messages go to $work/log)"
step binutils-unpack unpack "$binutils_tarball" "$work/binutils"
step binutils-configure configure_binutils
step binutils-build build_binutils
step binutils-install install_binutils
step gcc-unpack unpack "$gcc_tarball" "$work/gcc"
step gcc-configure configure_gcc
step gcc-build build_gcc
step gcc-install install_gcc
step try try "$work/tools"
step install install_tools
# Once more from its final place: it was built for another one.
step try-installed try "$prefix"

[ "${KEEP-}" = 1 ] || rm -rf "$work"
say "$("$prefix/bin/$TARGET-gcc" --version | sed 1q)"
say "$("$prefix/bin/$TARGET-ld" --version | sed 1q)"
say "ready in $(lasted "$start"): $prefix/bin/$TARGET-gcc"
