; From GRUB to C.  GRUB leaves the CPU in 32-bit protected mode, with
; paging and interrupts off (Multiboot2 specification, "I386 machine
; state").  C expects 64-bit mode, which has paging always on (Intel SDM
; Vol. 3A, "Initializing IA-32e Mode").

; Bits of page-table entries (SDM Vol. 3A, "4-Level Paging and 5-Level
; Paging").
PAGE_PRESENT        equ 1 << 0
PAGE_WRITABLE       equ 1 << 1
PAGE_HUGE           equ 1 << 7      ; in a PD: a page of 2 MiB
HUGE_PAGE_SIZE      equ 2 << 20
ENTRIES             equ 512         ; in every table, 8 bytes each
TABLE_SIZE          equ 4096
PAGE_SIZE           equ 4096

; Control registers (SDM Vol. 3A, "Control Registers").
CR0_PROTECTED_MODE  equ 1 << 0
CR0_MONITOR_FPU     equ 1 << 1
CR0_EXTENSION_TYPE  equ 1 << 4      ; always 1
CR0_NUMERIC_ERROR   equ 1 << 5
CR0_WRITE_PROTECT   equ 1 << 16
CR0_PAGING          equ 1 << 31
CR4_PAE             equ 1 << 5
CR4_MACHINE_CHECK   equ 1 << 6
MSR_EFER            equ 0xc0000080
EFER_LONG_MODE      equ 1 << 8
EFER_NO_EXECUTE     equ 1 << 11

; Bits of a segment descriptor (SDM Vol. 3A, "Segment Descriptors").
SEGMENT_ACCESSED    equ 1 << 40
SEGMENT_READABLE    equ 1 << 41
SEGMENT_EXECUTABLE  equ 1 << 43
SEGMENT_NOT_SYSTEM  equ 1 << 44
SEGMENT_PRESENT     equ 1 << 47
SEGMENT_64_BIT      equ 1 << 53
KERNEL_CODE         equ 0x08        ; selector: the GDT's second entry

; As in arch/stacks.h; linker.ld compares the product.
STACK_STRIDE        equ PAGE_SIZE + 16 * 1024
STACK_COUNT         equ 4
global boot_stacks_size
boot_stacks_size    equ STACK_COUNT * STACK_STRIDE

extern check_machine
extern kernel_main
extern stacks

section .text
bits 32

global _start
_start:
    mov esp, stacks + STACK_STRIDE ; the first one's top
    cld                         ; string instructions count upwards
    mov ebp, ebx                ; GRUB's boot information, for C

    call check_machine
    call map_memory
    call enable_long_mode

    ; We are in long mode, but in a segment of 32-bit code.  Loading cs
    ; with a 64-bit one is what switches.
    lgdt [gdt.pointer]
    jmp KERNEL_CODE:start_64

; Maps the first GiB of memory onto itself: an address means the same
; before paging is on and after.  The tables are in .bss, so an entry
; that we do not write is 0: not present.
map_memory:
    mov dword [pml4], pdpt + (PAGE_PRESENT | PAGE_WRITABLE)
    mov dword [pdpt], pd + (PAGE_PRESENT | PAGE_WRITABLE)

    mov ecx, 0                  ; entry of the PD
    mov eax, PAGE_PRESENT | PAGE_WRITABLE | PAGE_HUGE
.next:
    mov [pd + ecx * 8], eax
    add eax, HUGE_PAGE_SIZE
    inc ecx
    cmp ecx, ENTRIES
    jne .next

    ; The first 2 MiB, where the kernel is, once more in pages of 4 KiB:
    ; we can take these away one by one.
    mov dword [pd], pt + (PAGE_PRESENT | PAGE_WRITABLE)
    mov ecx, 1                  ; not page 0: using NULL must fault
    mov eax, PAGE_SIZE + (PAGE_PRESENT | PAGE_WRITABLE)
.next_small:
    mov [pt + ecx * 8], eax
    add eax, PAGE_SIZE
    inc ecx
    cmp ecx, ENTRIES
    jne .next_small

    ; The page below each stack.
    mov ecx, STACK_COUNT
    mov eax, stacks
    shr eax, 12                 ; the number of its page
.next_guard:
    mov dword [pt + eax * 8], 0
    add eax, STACK_STRIDE / PAGE_SIZE
    dec ecx
    jnz .next_guard

    mov eax, pml4
    mov cr3, eax
    ret

; The registers get full values, whatever a loader left in them.
enable_long_mode:
    ; PAE: entries of 8 bytes.  MCE: a hardware error raises an
    ; exception (chapter 6) instead of resetting the machine.
    mov eax, CR4_PAE | CR4_MACHINE_CHECK
    mov cr4, eax

    ; LME: long mode, as soon as paging is on.  NXE: pages can forbid
    ; execution (chapter 9).
    mov ecx, MSR_EFER
    mov eax, EFER_LONG_MODE | EFER_NO_EXECUTE
    mov edx, 0
    wrmsr

    ; PG: paging.  PE: protected mode, where we are already.  WP: even
    ; the kernel must not write to a read-only page (chapter 9).  NE:
    ; errors of the FPU are exceptions.  MP goes with it: `fwait` heeds
    ; a task switch.  ET is always 1.
    mov eax, CR0_PAGING | CR0_PROTECTED_MODE | CR0_WRITE_PROTECT \
        | CR0_NUMERIC_ERROR | CR0_MONITOR_FPU | CR0_EXTENSION_TYPE
    mov cr0, eax
    ret

bits 64
start_64:
    ; 64-bit mode ignores most of the data segments; the null selector
    ; is a valid value for all of them.
    mov eax, 0
    mov ds, ax
    mov es, ax
    mov fs, ax
    mov gs, ax
    mov ss, ax

    ; Writing the low half of a register clears the high half, which is
    ; undefined after 32-bit code (SDM Vol. 1, "General-Purpose
    ; Registers in 64-Bit Mode").
    mov esp, stacks + STACK_STRIDE ; the first one's top
    mov edi, ebp                ; the first argument is passed in rdi
    mov ebp, 0                  ; no caller: a backtrace ends here,
    push 0                      ; and one by return addresses here;
    push 0                      ; rsp stays a multiple of 16
    call kernel_main

section .rodata
align 8
gdt:
    dq 0                        ; the null descriptor
    dq SEGMENT_64_BIT | SEGMENT_PRESENT | SEGMENT_NOT_SYSTEM \
        | SEGMENT_EXECUTABLE | SEGMENT_READABLE | SEGMENT_ACCESSED
.end:
.pointer:
    dw gdt.end - gdt - 1        ; limit: the last byte
    dd gdt                      ; base

section .bss
align TABLE_SIZE
pml4:
    resb TABLE_SIZE
pdpt:
    resb TABLE_SIZE
pd:
    resb TABLE_SIZE
pt:
    resb TABLE_SIZE
