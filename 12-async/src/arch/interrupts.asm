; Where the CPU enters the kernel: 256 entries, one for each vector.
; The CPU does not tell which vector it took, and pushes an error code
; for some only.  The entries make up for both, so that C always finds
; the same struct trap_frame (interrupts.h).

VECTOR_COUNT    equ 256
; The longest entry has 2 + 5 + 5 bytes.  interrupts.c counts on 16.
ENTRY_SIZE      equ 16

; The vectors for which the CPU pushes an error code (Intel SDM Vol. 3A,
; "Error Code"; AMD APM Vol. 2, "Error Codes", for 29 and 30).
; exception_has_error_code() is the same list.
%define HAS_ERROR_CODE(v) \
    (v == 8 || (v >= 10 && v <= 14) || v == 17 || v == 21 || \
    v == 29 || v == 30)

extern interrupts_dispatch

section .text
bits 64

global interrupt_entries
align ENTRY_SIZE
interrupt_entries:
%assign vector 0
%rep VECTOR_COUNT
    align ENTRY_SIZE
    %if !HAS_ERROR_CODE(vector)
    push 0
    %endif
    push vector
    jmp save_registers
    %assign vector vector + 1
%endrep

; The CPU has aligned rsp to 16 and pushed 5 values; with the error
; code, the vector and these 15 registers they are 22, so rsp is aligned
; again, as C wants it at a call.
save_registers:
    push r15
    push r14
    push r13
    push r12
    push r11
    push r10
    push r9
    push r8
    push rbp
    push rdi
    push rsi
    push rdx
    push rcx
    push rbx
    push rax
    cld                         ; C expects strings to count upwards

    mov rdi, rsp                ; the argument: the trap frame
    ; What a call would have pushed: a backtrace goes on from here to
    ; the code that was interrupted.
    push qword [rdi + 17 * 8]   ; its rip
    push rbp
    mov rbp, rsp
    call interrupts_dispatch
    add rsp, 2 * 8

    pop rax
    pop rbx
    pop rcx
    pop rdx
    pop rsi
    pop rdi
    pop rbp
    pop r8
    pop r9
    pop r10
    pop r11
    pop r12
    pop r13
    pop r14
    pop r15
    add rsp, 2 * 8              ; the vector and the error code
    iretq
