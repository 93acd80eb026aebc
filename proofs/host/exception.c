// The words for exceptions and their error codes, against tables that
// were written from the manuals a second time.
// needs: src/lib/exception.h src/lib/exception.c
#include "lib/exception.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "test/test.h"

// Intel SDM Vol. 3A, table "Exceptions and Interrupts", and AMD APM
// Vol. 2, "Vectors": `!` before those that push an error code.
static const char *const vectors[32] = {
    "divide error",
    "debug exception",
    "non-maskable interrupt",
    "breakpoint",
    "overflow",
    "bound range exceeded",
    "invalid opcode",
    "device not available",
    "!double fault",
    "coprocessor segment overrun",
    "!invalid TSS",
    "!segment not present",
    "!stack-segment fault",
    "!general protection fault",
    "!page fault",
    "reserved exception",
    "x87 floating-point error",
    "!alignment check",
    "machine check",
    "SIMD floating-point exception",
    "virtualization exception",
    "!control protection exception",
    "reserved exception",
    "reserved exception",
    "reserved exception",
    "reserved exception",
    "reserved exception",
    "reserved exception",
    "hypervisor injection exception",
    "!VMM communication exception",
    "!security exception",
    "reserved exception",
};

TEST(exception_names_are_those_of_the_manuals)
{
    for (unsigned vector = 0; vector < 32; vector++) {
        const char *name = vectors[vector];
        CHECK_TEXT(exception_name(vector), name + (*name == '!'));
    }
}

TEST(exception_name_refuses_interrupts)
{
    EXPECT_PANIC(exception_name(32));
    EXPECT_PANIC(exception_name(255));
    EXPECT_PANIC(exception_name((unsigned)-1));
}

TEST(exception_error_codes_are_told_from_none)
{
    for (unsigned vector = 0; vector < 256; vector++) {
        CHECK_EQUAL(exception_has_error_code(vector),
                    vector < 32 && *vectors[vector] == '!');
    }
    CHECK(!exception_has_error_code(256 + 14));
    CHECK(!exception_has_error_code((unsigned)-1));
}

// In a buffer of its own exact size, so that the sanitizer sees a byte
// too many; the length with the 0.
static size_t explain(char *text, size_t size, unsigned vector,
                      uint64_t error_code)
{
    char *buffer = malloc(size);
    memset(buffer, '#', size);
    exception_explain(buffer, size, vector, error_code);
    size_t length = strnlen(buffer, size) + 1;
    CHECK(length <= size);
    memcpy(text, buffer, length <= size ? length : size);
    free(buffer);
    return length;
}

static void check_words(unsigned vector, uint64_t error_code,
                        const char *words)
{
    char text[60];
    explain(text, sizeof(text), vector, error_code);
    CHECK_TEXT(text, words);
}

// SDM Vol. 3A, figure "Page-Fault Error Code": bit 0 present, 1 write,
// 2 user, 3 reserved bit, 4 instruction fetch.
TEST(exception_explains_all_page_faults)
{
    static const char *const access[] = {"read", "write", "fetch"};
    for (unsigned code = 0; code < 32; code++) {
        unsigned kind = code / 16 != 0 ? 2 : code / 2 % 2;
        const char *reason =
            code / 8 % 2 != 0 ? "reserved bit set in a table"
            : code % 2 != 0   ? "page forbids it"
                              : "page not present";
        char words[60];
        snprintf(words, sizeof(words), "%s%s, %s",
                 code / 4 % 2 != 0 ? "user " : "", access[kind],
                 reason);
        check_words(14, code, words);
        // Bits that newer CPUs have say nothing here.
        check_words(14, code | UINT64_C(0xffffffffffffffe0), words);
    }
}

// SDM Vol. 3A, figure "Error Code": bit 0 external, 1 IDT, 2 LDT, then
// the index.
TEST(exception_explains_selectors)
{
    for (unsigned vector = 10; vector <= 13; vector++) {
        check_words(vector, 0, "");
        for (unsigned code = 1; code < 0x10000; code += 1 + code / 64) {
            const char *table = code & 2   ? "IDT"
                                : code & 4 ? "LDT"
                                           : "GDT";
            char words[60];
            snprintf(words, sizeof(words), "%s entry %u%s", table,
                     code / 8, code & 1 ? ", external" : "");
            check_words(vector, code, words);
        }
    }
}

TEST(exception_has_no_words_for_other_codes)
{
    for (unsigned vector = 0; vector < 256; vector++) {
        if (vector < 10 || vector > 14) {
            check_words(vector, 0, "");
            check_words(vector, 0x13, "");
            check_words(vector, UINT64_MAX, "");
        }
    }
}

TEST(exception_cuts_its_words_off_at_the_end_of_the_buffer)
{
    static const struct {
        unsigned vector;
        uint64_t code;
    } cases[] = {
        {14, 0x1f}, {14, 2},  {14, 9},          {13, 0x80},
        {10, 7},    {11, 3},  {12, UINT64_MAX}, {13, UINT64_MAX},
        {3, 0},     {8, 0x80}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char whole[100];
        size_t length =
            explain(whole, sizeof(whole), cases[i].vector, cases[i].code);
        for (size_t size = 1; size <= length + 2; size++) {
            char text[100];
            explain(text, size, cases[i].vector, cases[i].code);
            char wanted[100];
            snprintf(wanted, size, "%s", whole);
            CHECK_TEXT(text, wanted);
        }
    }
}

// What the kernel sets aside for them is enough.
TEST(exception_words_are_never_longer_than_59)
{
    for (unsigned i = 0; i < 20000; i++) {
        char text[100];
        uint64_t code = host_random() >> host_random_below(64);
        CHECK(explain(text, sizeof(text), 10 + i % 5, code) <= 60);
    }
}
