# shellcheck shell=sh disable=SC2034,SC2154
# What this project needs from a system: the list of needs, a check for each
# that asks whether what is there is also fit, and the names of the packages
# that hold it.  Read by setup.sh and tools/setup/doctor.sh; starts as few programs as
# it can, because setup.sh is to be quick where nothing is missing.
#
# The script that reads this sets $root, the project's directory, first.
#
# Each check is a function fit_NEED.  It answers 0 and sets $where if all is
# well; else it answers 1 and sets $why.

# What `make`, `make run` and `make test` cannot do without.
NEEDS="compiler binutils host sanitizers make nasm qemu grub modules xorriso
    python"
# What other targets or the comfort of a window need.
EXTRAS="gdb git mformat ccache efi window"

# shellcheck source=tools/setup/grub.sh
. "$root/tools/setup/grub.sh"

have() { command -v "$1" >/dev/null 2>&1; }

# --- Which system this is ---------------------------------------------------

# Sets $system (whose package names to use), $system_name (for people),
# $machine (the processor) and $tried (what we know of this combination).
find_system() {
    case $(uname -m) in
    x86_64 | amd64) machine=amd64 ;;
    aarch64 | arm64) machine=arm64 ;;
    *) machine=$(uname -m) ;;
    esac
    system=unknown
    system_name=$(uname -s)
    tried=no
    if [ "$system_name" = Darwin ]; then
        system=macos
        system_name=macOS
        return
    fi
    [ -r /etc/os-release ] || return 0
    ID="" ID_LIKE="" PRETTY_NAME="" VERSION_ID=""
    # shellcheck disable=SC1091 # every Linux has its own
    . /etc/os-release
    system_name=${PRETTY_NAME:-$ID}
    for like in $ID $ID_LIKE; do
        case $like in
        debian | ubuntu) system=debian ;;
        fedora | rhel | centos) system=fedora ;;
        arch) system=arch ;;
        opensuse* | suse) system=suse ;;
        nixos) system=nixos ;;
        *) continue ;;
        esac
        break
    done
    case $ID-$VERSION_ID-$machine in
    debian-12-amd64 | debian-13-amd64) tried=yes ;;
    esac
}

# --- What the packages are called -------------------------------------------

# package NEED: sets $packages to what holds it on $system.
package() {
    # A machine that is not x86-64 needs two compilers: its own and another.
    case $system-$machine-$1 in
    debian-amd64-compiler) packages="gcc" ;;
    debian-amd64-binutils) packages="binutils" ;;
    debian-*-compiler) packages="gcc-x86-64-linux-gnu" ;;
    debian-*-binutils) packages="binutils-x86-64-linux-gnu" ;;
    debian-*-host) packages="gcc libc6-dev" ;;
    debian-*-sanitizers) packages="gcc" ;;
    debian-*-qemu) packages="qemu-system-x86" ;;
    debian-*-grub) packages="grub-common" ;;
    debian-amd64-modules) packages="grub-pc-bin" ;;
    debian-*-modules) packages="" ;; # see fetch_modules in setup.sh
    debian-amd64-gdb) packages="gdb" ;;
    debian-*-gdb) packages="gdb-multiarch" ;;
    debian-*-mformat) packages="mtools" ;;
    debian-amd64-efi) packages="grub-efi-amd64-bin" ;;
    debian-*-efi) packages="" ;;
    debian-*-window) packages="qemu-system-gui" ;;
    debian-*-python) packages="python3" ;;

    fedora-amd64-compiler) packages="gcc" ;;
    fedora-*-compiler) packages="gcc-x86_64-linux-gnu" ;;
    fedora-amd64-binutils) packages="binutils" ;;
    fedora-*-binutils) packages="binutils-x86_64-linux-gnu" ;;
    fedora-*-host) packages="gcc glibc-devel" ;;
    fedora-*-sanitizers) packages="libasan libubsan" ;;
    fedora-*-qemu) packages="qemu-system-x86-core qemu-ui-curses" ;;
    fedora-*-grub) packages="grub2-tools-extra" ;;
    fedora-*-modules) packages="grub2-pc-modules" ;;
    fedora-*-mformat) packages="mtools" ;;
    fedora-*-efi) packages="grub2-efi-x64-modules" ;;
    fedora-*-window) packages="qemu-ui-gtk" ;;
    fedora-*-python) packages="python3" ;;

    arch-*-compiler | arch-*-host | arch-*-sanitizers) packages="gcc" ;;
    arch-*-qemu) packages="qemu-system-x86 qemu-ui-curses" ;;
    arch-*-grub | arch-*-modules | arch-*-efi) packages="grub" ;;
    arch-*-xorriso) packages="libisoburn" ;;
    arch-*-mformat) packages="mtools" ;;
    arch-*-window) packages="qemu-ui-gtk" ;;

    suse-*-compiler | suse-*-sanitizers) packages="gcc" ;;
    suse-*-host) packages="gcc glibc-devel" ;;
    suse-*-qemu) packages="qemu-x86 qemu-ui-curses" ;;
    suse-*-grub) packages="grub2" ;;
    suse-*-modules) packages="grub2-i386-pc" ;;
    suse-*-mformat) packages="mtools" ;;
    suse-*-efi) packages="grub2-x86_64-efi" ;;
    suse-*-window) packages="qemu-ui-gtk" ;;
    suse-*-python) packages="python3" ;;

    macos-*-compiler) packages="x86_64-elf-gcc" ;;
    macos-*-binutils) packages="x86_64-elf-binutils" ;;
    # Apple's own compiler, from "xcode-select --install".
    macos-*-host | macos-*-sanitizers) packages="" ;;
    macos-*-grub | macos-*-modules) packages="x86_64-elf-grub" ;;
    macos-*-gdb) packages="x86_64-elf-gdb" ;;
    macos-*-mformat) packages="mtools" ;;
    macos-*-efi | macos-*-window) packages="" ;;

    nixos-*-compiler | nixos-*-host | nixos-*-sanitizers) packages="gcc" ;;
    nixos-*-make) packages="gnumake" ;;
    nixos-*-grub | nixos-*-modules) packages="grub2" ;;
    nixos-*-mformat) packages="mtools" ;;
    nixos-*-efi) packages="grub2_efi" ;;
    nixos-*-window) packages="" ;;
    nixos-*-python) packages="python3" ;;

    *) packages=$1 ;;
    esac
}

# packages_for NEED...: sets $packages to all of them, each once.
packages_for() {
    all=""
    for need in "$@"; do
        package "$need"
        for one in $packages; do
            case " $all " in
            *" $one "*) ;;
            *) all="$all${all:+ }$one" ;;
            esac
        done
    done
    packages=$all
}

# install_command PACKAGE...: sets $command, what a person types here.
install_command() {
    sudo="sudo "
    [ "$(id -u)" != 0 ] || sudo=""
    case $system in
    debian) command="${sudo}apt-get install --no-install-recommends $*" ;;
    fedora) command="${sudo}dnf install $*" ;;
    arch) command="${sudo}pacman -S --needed $*" ;;
    suse) command="${sudo}zypper install $*" ;;
    macos) command="brew install $*" ;;
    nixos) command="nix-shell -p $*" ;;
    *) command="install $* (Debian's names) in your system's way" ;;
    esac
}

# --- What each need is for, in words ----------------------------------------

describe() { # NEED: sets $what
    case $1 in
    compiler) what="C compiler for x86-64" ;;
    binutils) what="binutils for x86-64" ;;
    host) what="C compiler for this machine" ;;
    sanitizers) what="its sanitizers" ;;
    make) what="make" ;;
    nasm) what="NASM" ;;
    qemu) what="QEMU for x86-64" ;;
    window) what="a window for QEMU" ;;
    grub) what="GRUB's grub-mkrescue" ;;
    modules) what="GRUB for BIOS machines" ;;
    efi) what="GRUB for UEFI machines" ;;
    xorriso) what="xorriso" ;;
    mformat) what="mtools" ;;
    gdb) what="GDB" ;;
    python) what="Python 3.9 or newer" ;;
    git) what="git" ;;
    ccache) what="ccache" ;;
    esac
}

# variable NEED: sets $variable to what names one that is elsewhere.
variable() {
    case $1 in
    compiler | binutils) variable=CROSS_COMPILE= ;;
    host | sanitizers) variable=HOSTCC= ;;
    nasm | qemu | python | gdb) variable=$(printf '%s=' "$1" | tr a-z A-Z) ;;
    grub) variable=GRUB_MKRESCUE= ;;
    modules) variable=GRUB_MODULES= ;;
    *) variable="" ;;
    esac
}

# --- Checks -----------------------------------------------------------------

# A place for what the checks compile; made when it is first needed.
scratch() {
    [ -z "${scratch_dir-}" ] || return 0
    scratch_dir=$(mktemp -d "${TMPDIR:-/tmp}/setup.XXXXXX") || exit 1
    trap 'rm -rf "$scratch_dir"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
}

# on_path PROGRAM: sets $where, or $why.
on_path() {
    where=$(command -v "$1" 2>/dev/null) && return 0
    why="$1 is not there"
    return 1
}

# Sets $cross, the prefix of the compiler that the build will take: the same
# order as in common.mk.
find_cross() {
    if [ -n "${CROSS_COMPILE-}" ]; then
        cross=$CROSS_COMPILE
    elif have x86_64-elf-gcc; then
        cross=x86_64-elf-
    elif [ -x "$root/build/toolchain/bin/x86_64-elf-gcc" ]; then
        cross=$root/build/toolchain/bin/x86_64-elf-
    elif have x86_64-linux-gnu-gcc; then
        cross=x86_64-linux-gnu-
    else
        cross=""
    fi
}

# Compiles what every kernel here is made of, and looks at the object: bytes 18
# and 19 of an ELF file name the processor, 62 is x86-64.
fit_compiler() {
    find_cross
    on_path "${cross}gcc" || return 1
    scratch
    if ! echo '#include <stdint.h>
        uint64_t one(void); uint64_t one(void) { return 1; }' |
        "${cross}gcc" -ffreestanding -mno-red-zone -mgeneral-regs-only \
            -x c -c - -o "$scratch_dir/kernel.o" \
            >"$scratch_dir/says" 2>&1; then
        why="$where makes no code for x86-64 (here it says: $(
            grep -m 1 error "$scratch_dir/says" || sed 1q "$scratch_dir/says"))"
        return 1
    fi
    read -r magic processor <<END
$(od -An -tx1 -N20 "$scratch_dir/kernel.o" | tr -d ' \n' |
    sed 's/^\(........\).*\(....\)$/\1 \2/')
END
    [ "$magic $processor" = "7f454c46 3e00" ] && return 0
    why="$where makes no ELF objects for x86-64"
    return 1
}

fit_binutils() {
    find_cross
    for tool in objcopy objdump readelf nm size; do
        on_path "$cross$tool" || return 1
    done
    on_path "${cross}ld"
}

fit_make() {
    on_path make || return 1
    case $(make --version 2>/dev/null) in
    "GNU Make "*) return 0 ;;
    esac
    if on_path gmake; then
        why="make is not GNU Make; say gmake wherever the text says make"
    else
        why="make is not GNU Make"
    fi
    return 1
}

fit_nasm() { on_path nasm; }

fit_qemu() {
    on_path "${QEMU:-qemu-system-x86_64}" || return 1
    case $("$where" -machine help 2>/dev/null) in
    *"
pc "*) return 0 ;;
    esac
    why="$where does not have the machine pc"
    return 1
}

fit_grub() {
    if ! find_mkrescue; then
        why="there is no grub-mkrescue, under none of its four names"
        return 1
    fi
    on_path "$mkrescue"
}

fit_modules() {
    find_modules || why="GRUB's directory i386-pc is nowhere"
    where=$modules
    [ -n "$modules" ]
}

fit_efi() {
    for where in /usr/lib/grub/x86_64-efi /usr/share/grub/x86_64-efi \
        /usr/share/grub2/x86_64-efi; do
        if [ -f "$where/multiboot2.mod" ]; then return 0; fi
    done
    why="GRUB's directory x86_64-efi is nowhere"
    return 1
}

fit_xorriso() { on_path xorriso; }
fit_mformat() { on_path mformat; }
fit_git() { on_path git; }
fit_ccache() { on_path ccache; }

# A plain gdb of another processor knows that one only. (GDB=gdb is what make
# hands down when nobody has chosen one.)
fit_gdb() {
    case ${GDB:-gdb} in
    gdb) ;;
    *) on_path "$GDB"; return ;;
    esac
    others="gdb-multiarch x86_64-elf-gdb"
    if [ "$machine" = amd64 ]; then others="gdb $others"; fi
    for gdb in $others; do
        if on_path "$gdb"; then return 0; fi
    done
    why="there is no GDB that knows x86-64"
    return 1
}

fit_python() {
    on_path "${PYTHON:-python3}" || return 1
    "$where" -I -S -c 'import sys, json, socket
sys.exit(sys.version_info < (3, 9))' >/dev/null 2>&1 && return 0
    why="$where is older than 3.9 or lacks parts of its library"
    return 1
}

fit_host() {
    on_path "${HOSTCC:-cc}" || return 1
    echo '#include <stdio.h>' |
        "$where" -x c -fsyntax-only - >/dev/null 2>&1 && return 0
    why="$where does not find stdio.h"
    return 1
}

# GCC answers with a whole path if it has the library, else with the bare name;
# asking is fifteen times faster than linking a program.
fit_sanitizers() {
    on_path "${HOSTCC:-cc}" || return 1
    case $("$where" -print-file-name=libasan.so 2>/dev/null) in
    /*)
        case $("$where" -print-file-name=libubsan.so 2>/dev/null) in
        /*) return 0 ;;
        esac
        ;;
    esac
    scratch
    echo 'int main(void) { return 0; }' | "$where" -x c - \
        -fsanitize=address,undefined -o "$scratch_dir/sanitized" \
        >/dev/null 2>&1 && "$scratch_dir/sanitized" && return 0
    why="$where cannot link a program with -fsanitize=address,undefined"
    return 1
}

has_display() {
    [ -n "${DISPLAY-}" ] || [ -n "${WAYLAND_DISPLAY-}" ] ||
        [ "$system" = macos ]
}

# Sets $windows and $terminals to the displays of this QEMU that are of use.
find_displays() {
    windows="" terminals=""
    for display in $("${QEMU:-qemu-system-x86_64}" -display help 2>/dev/null)
    do
        case $display in
        gtk | sdl | cocoa) windows="$windows${windows:+ }$display" ;;
        curses) terminals=$display ;;
        esac
    done
}

fit_window() {
    where="not needed: no display here"
    has_display || return 0
    find_displays
    where=$windows
    [ -z "$windows" ] || return 0
    why="there is a display, but this QEMU has no gtk and no sdl"
    return 1
}
