#!/bin/sh
# Checks for the tools that this project needs and installs what is missing.
#
#   ./setup.sh               check; on Debian and Ubuntu install with apt-get
#   ./setup.sh --yes         the same without asking
#   ./setup.sh --list [SYSTEM]
#                            the packages, on one line, for an administrator;
#                            SYSTEM: debian, debian-arm64, fedora, arch, suse,
#                            macos, nixos (without it: this one)
#   ./setup.sh --container [COMMAND...]
#                            a shell, or COMMAND, in a container that has all
#                            of it: needs podman or docker, and no root
#   ./setup.sh --help
#
# It can be run any number of times, and changes nothing if all is there.
# `make doctor` says what was found, line by line.
set -eu

root=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tools/setup/system.sh
. "$root/tools/setup/system.sh"

say() { printf '%s\n' "$*"; }
warn() { printf 'setup: %s\n' "$*" >&2; }
die() { warn "$@"; exit 1; }

usage() { sed -n '2,/^set -eu/{/^set -eu/d;s/^# \{0,1\}//;p;}' "$0"; }

# --- --list -----------------------------------------------------------------

list() { # [SYSTEM]
    find_system
    if [ $# -gt 0 ]; then
        machine=amd64
        tried=no
        case $1 in
        debian | fedora | arch | suse | nixos) system=$1 ;;
        ubuntu) system=debian ;;
        debian-arm64) system=debian machine=arm64 ;;
        macos) system=macos machine=arm64 ;;
        *) die "--list knows no system $1 (see ./setup.sh --help)" ;;
        esac
        [ "$1" != debian ] || tried=yes
    fi
    if [ "$system" = unknown ]; then
        system=debian machine=amd64
        warn "$system_name is not known here; these are Debian's names"
    fi
    # shellcheck disable=SC2086 # a list of words
    packages_for $NEEDS $EXTRAS
    say "$packages"
    [ "$tried" = yes ] ||
        warn "the names are right to our knowledge; we have not tried them"
    hints
}

# hints: what a list of packages cannot say.
hints() {
    case $system in
    macos)
        warn "Apple's own compiler is needed too: xcode-select --install;" \
            "and Homebrew's make is called gmake"
        ;;
    nixos) warn "for a shell with all of it: nix-shell -p and these names" ;;
    esac
    if [ "$system-$machine" = debian-arm64 ]; then
        warn "GRUB for BIOS machines is not packaged for arm64; ./setup.sh" \
            "takes it from the amd64 package, without root"
    fi
}

# --- Checking ---------------------------------------------------------------

# Sets $missing to the needs that are not met, and says nothing.
check() {
    missing=""
    for need in $NEEDS; do
        "fit_$need" || missing="$missing $need"
    done
    # What is a nicety only does not count where no package holds it.
    for need in $EXTRAS; do
        "fit_$need" && continue
        package "$need"
        [ -z "$packages" ] || missing="$missing $need"
    done
}

# Says why each of these is not met.
explain() { # NEED...
    for need in "$@"; do
        describe "$need"
        "fit_$need" || printf '  %-28s %s\n' "$what" "$why"
    done
}

# --- Installing -------------------------------------------------------------

# Sets $as_root to what gives apt-get its rights; fails if nothing does.
find_rights() {
    if [ "$(id -u)" = 0 ]; then
        as_root=""
    elif ! have sudo; then
        return 1
    elif [ "$terminal" = yes ] || sudo -n true 2>/dev/null; then
        as_root=sudo
    else
        return 1
    fi
}

# Packages that ask questions (for the time zone, say) get no answer here.
apt_get() {
    # shellcheck disable=SC2086 # $as_root is one word or none
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q "$@" </dev/null
}

install_packages() { # PACKAGE...
    # A fresh system has no lists of packages, or old ones that name files
    # which are gone from the mirror.
    if [ -z "$(find /var/lib/apt/lists -name '*_Packages*' 2>/dev/null |
        head -n 1)" ]; then
        apt_get update || return 1
        apt_get install -y --no-install-recommends "$@"
        return
    fi
    apt_get install -y --no-install-recommends "$@" && return 0
    warn "once more, with new lists of packages"
    apt_get update || return 1
    apt_get install -y --no-install-recommends "$@"
}

# GRUB's modules for BIOS machines are packaged for x86-64 Debian only, but
# they are data to grub-mkrescue, which runs anywhere.  So the amd64 package is
# taken, as the user that we are, with lists of packages of our own, and
# unpacked to build/grub, where common.mk looks.
fetch_modules() {
    apt=$root/build/grub/apt
    rm -rf "$apt"
    mkdir -p "$apt/state/lists/partial" "$apt/cache/archives/partial" "$apt/root"
    : >"$apt/status"
    set -- -q -o "Dir::State=$apt/state" -o "Dir::Cache=$apt/cache" \
        -o "Dir::State::status=$apt/status" \
        -o APT::Architecture=amd64 -o APT::Architectures=amd64 \
        -o APT::Sandbox::User="$(id -un)"
    apt-get "$@" update || return 1
    (cd "$apt" && apt-get "$@" download grub-pc-bin) || return 1
    dpkg-deb -x "$apt"/grub-pc-bin_*.deb "$apt/root" || return 1
    rm -rf "$root/build/grub/i386-pc"
    mv "$apt/root/usr/lib/grub/i386-pc" "$root/build/grub/i386-pc" || return 1
    rm -rf "$apt"
}

# Says what a person on this system would type, and stops.
leave_it_to_you() {
    # shellcheck disable=SC2086 # a list of words
    install_command $packages
    say "To install it:"
    say
    say "    $command"
    say
    case $system in
    debian | unknown) ;;
    *) say "(The names are right to our knowledge; not tried on this system.)" ;;
    esac
    hints
    exit 1
}

agree() {
    [ "$yes" = no ] && [ "$terminal" = yes ] || return 0
    printf '%s [Y/n] ' "$1"
    read -r answer || answer=n
    case $answer in
    "" | [Yy]*) return 0 ;;
    esac
    say "Nothing was changed."
    exit 1
}

setup() {
    find_system
    check
    if [ -z "$missing" ]; then
        say "Everything is there. Go on with: make run"
        exit 0
    fi

    say "On this system ($system_name, $machine) something is missing:"
    say
    # shellcheck disable=SC2086 # a list of words
    explain $missing
    say
    # shellcheck disable=SC2086
    packages_for $missing
    if [ "$system" != debian ] || ! have apt-get; then leave_it_to_you; fi

    terminal=no
    if [ -t 0 ] && [ -t 1 ]; then terminal=yes; fi
    if [ "$tried" = no ]; then
        say "The names are Debian's; we tried them on Debian 12 and 13 (x86-64)"
        say "and not on this system."
        say
    fi
    if [ -n "$packages" ]; then
        find_rights || leave_it_to_you
        say "Packages to install: $packages"
        agree "Install them with ${as_root:+$as_root }apt-get?"
        # shellcheck disable=SC2086
        install_packages $packages || die "apt-get did not manage it"
    fi
    if [ "$machine" != amd64 ] && ! fit_modules; then
        say "GRUB for BIOS machines comes from Debian's amd64 package"
        say "grub-pc-bin; it is unpacked to build/grub, and not installed."
        fetch_modules || die "that package could not be fetched"
    fi

    check
    if [ -n "$missing" ]; then
        say
        say "Still not as it should be:"
        # shellcheck disable=SC2086
        explain $missing
        say "Perhaps another program of the same name comes first in PATH;"
        say "make doctor says which one is taken."
        exit 1
    fi
    say
    say "Everything is there. Go on with: make run"
}

# --- What was asked ---------------------------------------------------------

yes=no
case ${1-} in
"") setup ;;
-y | --yes) yes=yes; setup ;;
--list) shift; list "$@" ;;
--container) shift; exec sh "$root/tools/setup/container.sh" "$@" ;;
-h | --help) usage ;;
*) die "unknown option $1 (see ./setup.sh --help)" ;;
esac
