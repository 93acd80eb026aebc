#!/bin/sh
# Shows what makes an ELF file freestanding.
# usage: tools/setup/freestanding.sh KERNEL.ELF      (READELF, NM and SIZE: the tools)
set -eu

elf=$1
readelf=${READELF:-readelf}
nm=${NM:-nm}
size=${SIZE:-size}

entry=$("$readelf" -h "$elf" | sed -n 's/.*Entry point address: *//p')
start=$("$nm" "$elf" | sed -n 's/^0*\([0-9a-f]*\) T _start$/0x\1/p')
undefined=$("$nm" -u "$elf" | sed 's/^ *U *//')
interpreter=$("$readelf" -lW "$elf" | sed -n 's/.*interpreter: \(.*\)]/\1/p')
bytes=$("$size" "$elf" | awk 'NR == 2 { print $1 + $2 + $3 }')

echo "Entry point:        $entry$([ "$entry" != "$start" ] || echo ' (_start)')"
echo "Undefined symbols:  ${undefined:-none}"
echo "Interpreter:        ${interpreter:-none}"
echo "Code and data:      $bytes bytes"
echo
if [ -n "$undefined$interpreter" ]; then
    echo "Not freestanding: it needs what no one provides." >&2
    exit 1
fi
if [ "$entry" != "$start" ]; then
    echo "It does not begin at _start: ${start:-there is none}." >&2
    exit 1
fi
echo "It needs nothing but a stack: no C library, no runtime, no loader of"
echo "libraries. No bare machine can start it yet: that takes a boot loader."
