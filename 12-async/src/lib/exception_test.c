#include "lib/exception.h"

#include "test/test.h"

static const char *explained(unsigned vector, uint64_t error_code)
{
    static char text[80];
    exception_explain(text, sizeof(text), vector, error_code);
    return text;
}

TEST(exceptions_have_names)
{
    CHECK_TEXT(exception_name(0), "divide error");
    CHECK_TEXT(exception_name(14), "page fault");
    CHECK_TEXT(exception_name(15), "reserved exception");
    CHECK_TEXT(exception_name(31), "reserved exception");
}

TEST(exceptions_explain_page_faults)
{
    CHECK_TEXT(explained(14, 0), "read, page not present");
    CHECK_TEXT(explained(14, 2), "write, page not present");
    CHECK_TEXT(explained(14, 3), "write, page forbids it");
    CHECK_TEXT(explained(14, 0x11), "fetch, page forbids it");
    CHECK_TEXT(explained(14, 4), "user read, page not present");
    CHECK_TEXT(explained(14, 9), "read, reserved bit set in a table");
}

TEST(exceptions_explain_selectors)
{
    CHECK_TEXT(explained(13, 0x80), "GDT entry 16");
    CHECK_TEXT(explained(10, 0x14), "LDT entry 2");
    CHECK_TEXT(explained(11, 0x1b), "IDT entry 3, external");
    CHECK_TEXT(explained(13, 0), "");
    CHECK_TEXT(explained(8, 0x80), "");
}
