# shellcheck shell=sh disable=SC2034,SC2154
# Where GRUB is: the one list of places, for common.mk (say_grub) and for
# setup.sh and doctor.sh, by system.sh.  The script that reads this sets $root,
# the project's directory, first.

# The program goes by four names. Sets $mkrescue to the path of the first.
find_mkrescue() {
    for mkrescue in "${GRUB_MKRESCUE-}" grub-mkrescue grub2-mkrescue \
        i686-elf-grub-mkrescue x86_64-elf-grub-mkrescue; do
        [ -n "$mkrescue" ] || continue
        if mkrescue=$(command -v "$mkrescue"); then return 0; fi
    done
    mkrescue=""
    return 1
}

# Without its modules for machines with a BIOS grub-mkrescue makes an image that
# does not boot, and says nothing of it. Sets $modules to their directory.
find_modules() {
    for modules in "${GRUB_MODULES-}" /usr/lib/grub/i386-pc \
        /usr/share/grub/i386-pc /usr/share/grub2/i386-pc \
        /usr/local/lib/grub/i386-pc "$root/build/grub/i386-pc" \
        "${HOMEBREW_PREFIX:-/opt/homebrew}"/opt/*-elf-grub/lib/*/grub/i386-pc; do
        if has_modules; then return 0; fi
    done
    # Nix and others: beside the program, wherever a link to it leads.
    if find_mkrescue && program=$(readlink -f "$mkrescue" 2>/dev/null); then
        for modules in "${program%/*/*}"/lib/grub/i386-pc \
            "${program%/*/*}"/lib/*/grub/i386-pc; do
            if has_modules; then return 0; fi
        done
    fi
    modules=""
    return 1
}

has_modules() {
    [ -n "$modules" ] && [ -f "$modules/multiboot2.mod" ] &&
        [ -f "$modules/cdboot.img" ]
}

say_grub() {
    find_mkrescue && echo "mkrescue=${mkrescue##*/}"
    find_modules && echo "modules=$modules"
}
