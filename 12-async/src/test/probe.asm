; The accesses of probe.c.  In assembly, so that each has a stack frame,
; by which the handler of the page fault can return from it; and so that
; no compiler changes an access that it takes for a mistake.
bits 64

section .text

; The address is in rdi.
global probe_do_read
probe_do_read:
    push rbp
    mov rbp, rsp
    mov al, [rdi]
    pop rbp
    ret

; The value is in sil.
global probe_do_write
probe_do_write:
    push rbp
    mov rbp, rsp
    mov [rdi], sil
    pop rbp
    ret

global probe_do_call
probe_do_call:
    push rbp
    mov rbp, rsp
    call rdi
    pop rbp
    ret
