#!/bin/sh
# Says which of the tools are there, which version and where, and for each that
# is missing the command that installs it on this system: a line each.
# Ends with status 1 if something is missing that `make run` or `make test`
# cannot do without.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tools/setup/system.sh
. "$root/tools/setup/system.sh"

say() { printf '%s\n' "$*"; }
line() { printf '  %-28s %s\n' "$1" "$2"; }

# number TEXT: sets $version to the first thing in it that looks like one.
number() {
    version=$(printf '%s\n' "$1" | tr -s ' ,()' '[\n*]' |
        grep -m 1 -E '^v?[0-9]+\.[0-9]' || true)
}

# version_of NEED: sets $version, from what the program at $where says.
version_of() {
    version=""
    case $1 in
    modules | efi | window | sanitizers) ;;
    nasm) number "$("$where" -v 2>&1)" ;;
    *) number "$("$where" --version 2>&1 | sed 1q)" ;;
    esac
}

# examine NEED: its line; $ill becomes yes if it is not well.
examine() {
    describe "$1"
    if "fit_$1"; then
        version_of "$1"
        case $1 in
        compiler) where="$where ($(which_kind))" ;;
        sanitizers) where="address, undefined" ;;
        esac
        line "$what" "${version:+$version  }$where"
        return
    fi
    package "$1"
    if [ "$1" = efi ] && [ -z "$packages" ]; then
        line "$what" "not packaged here: make usb serves BIOS machines only"
        return
    fi
    ill=yes
    line "$what" "MISSING: $why"
    # shellcheck disable=SC2086 # a list of words
    if [ -n "$packages" ]; then
        install_command $packages
        line "" "install it: $command"
    elif [ "$system-$1" = debian-modules ]; then
        line "" "install it: ./setup.sh"
    elif [ "$system" = macos ]; then
        line "" "install it: xcode-select --install"
    fi
    variable "$1"
    if [ -n "$variable" ]; then
        line "" "or say where one is: make $variable..."
    fi
}

which_kind() {
    case $cross in
    *x86_64-elf-) say "a cross-compiler for bare metal" ;;
    *x86_64-linux-gnu-) say "made for Linux on x86-64" ;;
    "") say "this machine's own" ;;
    *) say "named by CROSS_COMPILE" ;;
    esac
}

# optional PROGRAM WHAT-FOR: what maintainers use; never missing, only absent.
optional() {
    if on_path "$1"; then
        number "$("$1" --version 2>&1 </dev/null | head -n 3)"
        line "$1 ($2)" "${version:+$version  }$where"
        return
    fi
    case $1 in
    node) package=nodejs ;;
    *) package=$1 ;;
    esac
    install_command "$package"
    line "$1 ($2)" "not there: $command"
}

find_system
find_cross

say "System"
line "name" "$system_name, $machine"
case $tried in
yes) line "tried by us" "yes" ;;
*) line "tried by us" "no; package names below are right to our knowledge" ;;
esac

say
say "For make, make run and make test"
ill=no
for need in $NEEDS; do examine "$need"; done
needed=$ill

say
say "For make debug, make usb, a window, speed, and the book's tools"
ill=no
for need in $EXTRAS; do examine "$need"; done
wanted=$ill

# --- Where a kernel will be seen --------------------------------------------

say
say "Where make run shows the kernel"
if fit_qemu; then
    find_displays
    if has_display && [ -n "$windows" ]; then
        line "here" "in a window (QEMU offers: $windows)"
    elif [ -n "$terminals" ]; then
        line "here" "in the terminal (no display, or no window in this QEMU)"
    else
        line "here" "as text when it is done: QEMU has neither window nor curses"
    fi
fi
if [ -w /dev/kvm ]; then
    line "acceleration" "tcg; /dev/kvm is there and used only with ACCEL=kvm"
elif [ -e /dev/kvm ]; then
    line "acceleration" "tcg; /dev/kvm is there, but not for this user"
else
    line "acceleration" "tcg; there is no /dev/kvm, and none is needed"
fi

# --- Places that make trouble -----------------------------------------------

say
say "Where things are"
line "project" "$root"
trouble=no
bad() { trouble=yes; line "" "TROUBLE: $*"; }
case $root in
*[\$\#:%\'\"\`\\\;\&\|\<\>\(\)\*\?]*)
    bad "make stumbles over one of the characters in that path; move it" ;;
esac
case $root in
/mnt/[a-z]/*)
    bad "a Windows disk: slow, and it knows no executable files; clone" \
        "to your Linux home directory" ;;
esac
# The host tests are programs under build/: they must be allowed to run.
if mkdir -p "$root/build" 2>/dev/null &&
    printf '#!/bin/sh\nexit 0\n' >"$root/build/.doctor" 2>/dev/null; then
    chmod +x "$root/build/.doctor"
    "$root/build/.doctor" 2>/dev/null ||
        bad "programs in build/ may not run (mounted noexec?)"
    rm -f "$root/build/.doctor"
else
    bad "build/ cannot be written: $root/build"
fi
# Sockets to QEMU and GDB: their names must stay under about 107 bytes.
temporary=${TMPDIR:-/tmp}
if [ ! -d "$temporary" ] || [ ! -w "$temporary" ]; then
    bad "temporary files cannot be written to $temporary (TMPDIR)"
elif [ "${#temporary}" -gt 70 ]; then
    bad "the path of TMPDIR is too long for sockets; use a shorter one"
fi

say
say "Nobody needs these to follow the book; maintainers use them"
optional clang "a second compiler"
optional clang-tidy "make analyze"
optional cppcheck "make analyze"
optional bochs "a second machine"
optional node "the site"

say
if [ "$needed" = yes ]; then
    say "Something is missing that make run or make test needs: ./setup.sh"
    exit 1
elif [ "$trouble" = yes ]; then
    say "The tools are there; see TROUBLE above."
    exit 1
elif [ "$wanted" = yes ]; then
    say "All that make run and make test need is there; ./setup.sh has the rest."
else
    say "All is well."
fi
