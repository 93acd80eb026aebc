; Can we run on this machine?  If not, say why on the screen and stop.

; What GRUB leaves in eax (Multiboot2 specification, "I386 machine
; state").
MULTIBOOT2_LOADED   equ 0x36d76289

; What the CPU can do (Intel SDM Vol. 2A, "CPUID").
EFLAGS_ID           equ 1 << 21
CPUID_EXTENDED      equ 0x80000000
CPUID_FEATURES      equ 0x80000001
FEATURE_NO_EXECUTE  equ 1 << 20
FEATURE_LONG_MODE   equ 1 << 29

; The screen, and a cell's high byte: bright white text on red.
VGA_CELLS           equ 0xb8000
VGA_CELL_COUNT      equ 80 * 25
WHITE_ON_RED        equ 0x4f

section .text
bits 32

; Returns if all is well.  Expects eax as the loader left it.  Changes
; eax, ebx, ecx, edx, esi and edi.
global check_machine
check_machine:
    mov esi, not_multiboot2
    cmp eax, MULTIBOOT2_LOADED
    jne refuse

    ; CPUID exists if bit 21 of EFLAGS can be changed.
    mov esi, no_cpuid
    pushfd
    pop eax
    mov ecx, eax                ; as it was
    xor eax, EFLAGS_ID
    push eax
    popfd
    pushfd
    pop eax                     ; as it is now
    cmp eax, ecx
    je refuse

    ; Ask how far the extended functions go before using one.
    mov esi, no_long_mode
    mov eax, CPUID_EXTENDED
    cpuid
    cmp eax, CPUID_FEATURES
    jb refuse

    mov eax, CPUID_FEATURES
    cpuid                       ; the features, in edx
    test edx, FEATURE_LONG_MODE
    jz refuse
    mov esi, no_no_execute
    test edx, FEATURE_NO_EXECUTE
    jz refuse
    ret

; Clears the screen, shows the text at esi, and stops.
refuse:
    mov ah, WHITE_ON_RED
    mov al, ' '
    mov edi, VGA_CELLS
    mov ecx, VGA_CELL_COUNT
    rep stosw

    mov edi, VGA_CELLS
.next:
    lodsb                       ; a character, to al
    test al, al
    jz .stop
    stosw                       ; and its colour, from ah
    jmp .next
.stop:
    hlt
    jmp .stop

section .rodata
not_multiboot2:
    db 'ERR: 0 (the loader does not follow Multiboot2)', 0
no_cpuid:
    db 'ERR: 1 (this CPU is too old: it has no CPUID)', 0
no_long_mode:
    db 'ERR: 2 (this CPU has no 64-bit mode)', 0
no_no_execute:
    db 'ERR: 3 (this CPU cannot forbid execution: no NX bit)', 0
