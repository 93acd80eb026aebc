#include "lib/exception.h"

#include "lib/format.h"
#include "lib/panic.h"

// Intel SDM Vol. 3A, "Exceptions and Interrupts"; 28 to 30 are AMD's
// (APM Vol. 2, "Vectors").
static const char *const exception_names[EXCEPTION_COUNT] = {
    [0] = "divide error",
    [1] = "debug exception",
    [2] = "non-maskable interrupt",
    [3] = "breakpoint",
    [4] = "overflow",
    [5] = "bound range exceeded",
    [6] = "invalid opcode",
    [7] = "device not available",
    [8] = "double fault",
    [9] = "coprocessor segment overrun",
    [10] = "invalid TSS",
    [11] = "segment not present",
    [12] = "stack-segment fault",
    [13] = "general protection fault",
    [14] = "page fault",
    [16] = "x87 floating-point error",
    [17] = "alignment check",
    [18] = "machine check",
    [19] = "SIMD floating-point exception",
    [20] = "virtualization exception",
    [21] = "control protection exception",
    [28] = "hypervisor injection exception",
    [29] = "VMM communication exception",
    [30] = "security exception",
};

// Which vectors those are that have a code of their own.
// arch/interrupts.h names vectors, too, but lib/ does without arch/.
enum {
    INVALID_TSS = 10,
    GENERAL_PROTECTION = 13,
    PAGE_FAULT = 14,
};

// SDM Vol. 3A, "Page-Fault Exception (#PF)".
enum {
    PAGE_PRESENT = 1 << 0, // so it was the rights
    PAGE_WRITE = 1 << 1,
    PAGE_USER = 1 << 2,
    PAGE_RESERVED_BIT = 1 << 3,
    PAGE_FETCH = 1 << 4, // of an instruction
};

// SDM Vol. 3A, "Error Code": a selector, with other low bits.
enum {
    SELECTOR_EXTERNAL = 1 << 0,
    SELECTOR_IDT = 1 << 1,
    SELECTOR_LDT = 1 << 2,
    SELECTOR_INDEX_SHIFT = 3,
};

const char *exception_name(unsigned vector)
{
    kassert(vector < EXCEPTION_COUNT);
    return exception_names[vector] != NULL ? exception_names[vector] : "reserved exception";
}

// HAS_ERROR_CODE in arch/interrupts.asm is the same list.
bool exception_has_error_code(unsigned vector)
{
    return vector == 8 || (vector >= 10 && vector <= 14) ||
           vector == 17 || vector == 21 || vector == 29 || vector == 30;
}

static const char *page_access(uint64_t code)
{
    if ((code & PAGE_FETCH) != 0) {
        return "fetch";
    }
    return (code & PAGE_WRITE) != 0 ? "write" : "read";
}

static const char *page_reason(uint64_t code)
{
    if ((code & PAGE_RESERVED_BIT) != 0) {
        return "reserved bit set in a table";
    }
    return (code & PAGE_PRESENT) != 0 ? "page forbids it"
                                      : "page not present";
}

static const char *table(uint64_t code)
{
    if ((code & SELECTOR_IDT) != 0) {
        return "IDT";
    }
    return (code & SELECTOR_LDT) != 0 ? "LDT" : "GDT";
}

void exception_explain(char *buffer, size_t size, unsigned vector,
                       uint64_t error_code)
{
    if (vector == PAGE_FAULT) {
        format_to_buffer(buffer, size, "%s%s, %s",
                         (error_code & PAGE_USER) != 0 ? "user " : "",
                         page_access(error_code),
                         page_reason(error_code));
    } else if (vector >= INVALID_TSS && vector <= GENERAL_PROTECTION &&
               error_code != 0) {
        format_to_buffer(
            buffer, size, "%s entry %lu%s", table(error_code),
            error_code >> SELECTOR_INDEX_SHIFT,
            (error_code & SELECTOR_EXTERNAL) != 0 ? ", external" : "");
    } else {
        format_to_buffer(buffer, size, "%s", "");
    }
}
