; The header by which GRUB knows a kernel that follows the Multiboot2
; specification (Multiboot2 specification, "OS image format").

MULTIBOOT2_MAGIC    equ 0xe85250d6
ARCHITECTURE_I386   equ 0           ; start in 32-bit protected mode
LENGTH              equ header.end - header

section .multiboot2
align 8
header:
    dd MULTIBOOT2_MAGIC
    dd ARCHITECTURE_I386
    dd LENGTH
    ; The checksum: all four fields together are 0, modulo 2^32.
    dd -(MULTIBOOT2_MAGIC + ARCHITECTURE_I386 + LENGTH)

    ; Tags would ask GRUB for more.  We ask for nothing: the end tag.
    dw 0                            ; type
    dw 0                            ; flags
    dd 8                            ; size of this tag
.end:
