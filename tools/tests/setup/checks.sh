#!/bin/sh
# Proves that ./setup.sh, make doctor and make new notice what they must, on
# this machine and without root: each tool is hidden or replaced by an unfit one
# in turn. Ends with "N passed, N failed".
#
# The tools themselves have to be there (./setup.sh); nothing is installed.
set -eu

project=$(cd "$(dirname "$0")/../../.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM

# A copy of the scripts, so that build/ and what make new makes are ours.
root="$scratch/a kernel"
mkdir -p "$root/tools/setup" "$scratch/bin"
cp "$project/setup.sh" "$root/"
cp "$project"/tools/setup/*.sh "$root/tools/setup/"

# --- A PATH with nothing but what we put there ------------------------------

tools="sh env cat cp mv rm mkdir mktemp tail head sed grep tr od cut sort find
    printf uname id cksum tar dirname chmod date git cc gcc as ld make nasm python3 xorriso gdb
    mformat ccache grub-mkrescue readlink qemu-system-x86_64 x86_64-linux-gnu-gcc
    x86_64-linux-gnu-objcopy x86_64-linux-gnu-objdump x86_64-linux-gnu-readelf
    x86_64-linux-gnu-nm x86_64-linux-gnu-size x86_64-linux-gnu-ld"

fill() {
    rm -rf "${scratch:?}/bin"
    mkdir "$scratch/bin"
    for program in $tools; do
        real=$(command -v "$program" || true)
        # A builtin of this shell (printf) is one of the other shell too.
        case $real in /*) ln -s "$real" "$scratch/bin/$program" ;; esac
    done
    # python3 may be a script that looks for the real one in the PATH.
    python=$(python3 -c 'import sys; print(sys.executable)')
    printf '#!/bin/sh\nexec "%s" "$@"\n' "$python" >"$scratch/python3"
    chmod +x "$scratch/python3"
    mv -f "$scratch/python3" "$scratch/bin/python3"
}

# fake NAME TEXT: a program that prints TEXT and does nothing.
fake() {
    rm -f "$scratch/bin/$1"
    printf '#!/bin/sh\ncat <<"END"\n%s\nEND\n' "$2" >"$scratch/bin/$1"
    chmod +x "$scratch/bin/$1"
}

hide() { for program in "$@"; do rm -f "$scratch/bin/$program"; done; }

run() { # COMMAND...: sets $status and $output
    status=0
    output=$(cd "$root" && env -i PATH="$scratch/bin" HOME="$scratch" \
        ${display:+DISPLAY="$display"} ${modules:+GRUB_MODULES="$modules"} \
        "$@" 2>&1 </dev/null) || status=$?
}

passed=0
failed=0
# proof NAME STATUS TEXT COMMAND...: ends with STATUS, prints TEXT.
proof() {
    name=$1 wanted=$2 text=$3
    shift 3
    run "$@"
    if [ "$status" = "$wanted" ] &&
        printf '%s\n' "$output" | grep -q -- "$text"; then
        passed=$((passed + 1))
        printf '%s... [ok]\n' "$name"
        return
    fi
    failed=$((failed + 1))
    printf '%s... [failed]\n' "$name"
    printf '    expected status %s and "%s"; status %s, and:\n' \
        "$wanted" "$text" "$status"
    printf '%s\n' "$output" | tail -n 20 | sed 's/^/    /'
}

display=""
modules=""

# --- Checks -----------------------------------------------------------------

fill
proof "all is there" 0 "^Everything is there" sh setup.sh
proof "doctor agrees" 0 "^All is well" sh tools/setup/doctor.sh

# There is no apt-get on this PATH: nothing can be installed by accident.
while read -r tool text; do
    fill
    hide "$tool"
    proof "without $tool" 1 "$text" sh setup.sh
    proof "doctor without $tool" 1 "MISSING: $tool is not there" sh tools/setup/doctor.sh
done <<'END'
nasm install.* nasm
xorriso install.* xorriso
make install.* make
python3 install.* python3
qemu-system-x86_64 install.* qemu-system-x86
cc install.* gcc libc6-dev
END

fill
hide grub-mkrescue
proof "without grub-mkrescue" 1 "install.* grub-common" sh setup.sh
fill
hide x86_64-linux-gnu-objdump
proof "without objdump" 1 "install.* binutils" sh setup.sh
fill
hide x86_64-linux-gnu-gcc gcc
proof "without a compiler for x86-64" 1 "install.* gcc" sh setup.sh
fill
hide gdb
proof "setup without GDB" 1 "install.* gdb" sh setup.sh
proof "doctor without GDB: run and test work" 0 "MISSING: there is no GDB" sh tools/setup/doctor.sh

# What is there but of no use.
fill
fake x86_64-linux-gnu-gcc "x86_64-linux-gnu"
proof "a compiler that compiles nothing" 1 "no ELF objects" sh setup.sh
cat >"$scratch/bin/x86_64-linux-gnu-gcc" <<'END'
#!/bin/sh
echo "gcc: error: unrecognized command-line option '-mno-red-zone'" >&2
exit 1
END
chmod +x "$scratch/bin/x86_64-linux-gnu-gcc"
proof "a compiler for another processor" 1 "no code for x86-64 .*no-red-zone" \
    sh setup.sh
cat >"$scratch/bin/x86_64-linux-gnu-gcc" <<'END'
#!/bin/sh
while [ "$1" != -o ]; do shift; done
printf '\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\1\0\267\0' >"$2"
END
proof "a compiler that makes arm64 objects" 1 "no ELF objects" sh setup.sh
fill
fake qemu-system-x86_64 "Supported machines are:
microvm              microvm (i386)"
proof "a QEMU without the machine pc" 1 "the machine pc" sh setup.sh
fill
rm "$scratch/bin/python3"
printf '#!/bin/sh\nexit 1\n' >"$scratch/bin/python3"
chmod +x "$scratch/bin/python3"
proof "a Python that is too old" 1 "older than 3.9" sh setup.sh
fill
fake make "a make of another kind"
proof "a make that is not GNU's" 1 "not GNU Make" sh setup.sh
fill
rm "$scratch/bin/cc"
cat >"$scratch/bin/cc" <<'END'
#!/bin/sh
case "$*" in
*-print-file-name*) echo libasan.so ;;
*-fsanitize*) exit 1 ;;
esac
END
chmod +x "$scratch/bin/cc"
proof "a compiler without sanitizers" 1 "cannot link a program with -fsan" sh setup.sh
fill
rm "$scratch/bin/cc"
printf '#!/bin/sh\nexit 1\n' >"$scratch/bin/cc"
chmod +x "$scratch/bin/cc"
proof "a compiler without a C library" 1 "does not find stdio.h" sh setup.sh

fill
fake qemu-system-x86_64 "Available display types:
none
curses

pc                   Standard PC"
display=:0
proof "a display, but a QEMU without windows" 1 "qemu-system-gui" sh setup.sh
display=""
proof "no display, and none asked for" 0 "^Everything is there" sh setup.sh

# --- Names for other systems ------------------------------------------------

fill
for system in debian debian-arm64 fedora arch suse macos nixos; do
    proof "--list $system" 0 "nasm" sh setup.sh --list "$system"
done
proof "--list knows no plan9" 1 "knows no system plan9" sh setup.sh --list plan9
proof "--container without podman and docker" 1 "neither podman nor docker" \
    sh setup.sh --container
proof "an unknown option" 1 "unknown option --frob" sh setup.sh --frob

# --- make new ---------------------------------------------------------------

mkdir -p "$root/03-vga/src"
echo 'include ../common.mk' >"$root/03-vga/Makefile"
echo 'x' >"$root/03-vga/src/x.c"
proof "new: an empty directory" 0 "my-kernel: an empty directory" \
    sh tools/setup/new.sh my-kernel
proof "new: says where the book begins" 0 "book/01-freestanding.md" \
    cat my-kernel/README.md
proof "new: never over what is there" 1 "is there already" \
    sh tools/setup/new.sh my-kernel
proof "new: from a chapter's number, git without a name" 0 \
    "kernel of 03-vga, a git repository without a commit" \
    sh tools/setup/new.sh my-vga 03
proof "new: the copy has the sources" 0 "x" cat my-vga/src/x.c
proof "new: from one's own, without its history" 0 "" \
    sh -c 'sh tools/setup/new.sh my-copy my-vga && [ ! -e my-copy/.git/index.lock ]'
printf '[user]\nname = A\nemail = a@example.org\n' >"$scratch/.gitconfig"
proof "new: git with a name makes a commit" 0 "with a first commit" \
    sh tools/setup/new.sh my-named 03-vga
hide git
proof "new: without git" 0 "git is not there" sh tools/setup/new.sh my-gitless 03
while read -r name text; do
    proof "new: refuses $name" 1 "$text" sh tools/setup/new.sh "$name"
done <<'END'
05-mine looks like a chapter
kernel begin with my-
my-a/b not a path
my-a$b letters, digits
END
proof "new: refuses a space" 1 "no spaces" sh tools/setup/new.sh "my kernel"
proof "new: refuses no name" 1 "which name" sh tools/setup/new.sh
proof "new: refuses an unknown FROM" 1 "no chapter" sh tools/setup/new.sh my-new 44
proof "new: nothing half made is left" 0 "^0$" \
    sh -c 'find . -name "*.new.*" | grep -c . || true'

printf '%s passed, %s failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
