; Loading a GDT, and every register that holds a selector for it.

section .text
bits 64

; void gdt_load(const struct table_pointer *gdt, enum selector code,
;               enum selector tss);
global gdt_load
gdt_load:
    lgdt [rdi]

    ; A register keeps the descriptor that it was loaded with; what is
    ; in the table now counts from the next load on.  In 64-bit mode
    ; ring 0 is content with the null selector for data.
    mov eax, 0
    mov ds, ax
    mov es, ax
    mov fs, ax
    mov gs, ax
    mov ss, ax

    ltr dx                      ; the third argument: where the TSS is

    ; No `mov` can load cs.  A far return can: it takes an address and a
    ; selector off the stack.
    pop rax                     ; where we were called from
    push rsi
    push rax
    retfq
