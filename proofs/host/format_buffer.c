// format_to_buffer() at every size of the buffer: what does not fit is
// cut off, nothing is written past the end.
// needs: src/lib/format.h src/lib/format.c src/lib/exception.c
#include "lib/format.h"

#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "test/test.h"

TEST(format_refuses_a_buffer_without_room)
{
    char buffer[2] = "a";
    EXPECT_PANIC(format_to_buffer(buffer + 1, 0, "b"));
    CHECK_TEXT(buffer, "a");
}

TEST(format_cuts_off_at_every_size)
{
    const char *wanted = "ab -12 0x000000000000cafe   cd";
    size_t whole = strlen(wanted);
    for (size_t size = 1; size <= whole + 4; size++) {
        char *buffer = malloc(size);
        memset(buffer, '#', size);
        size_t length = format_to_buffer(buffer, size, "%s %d %p %4s",
                                         "ab", -12, (void *)0xcafe, "cd");
        CHECK_EQUAL(length, size > whole ? whole : size - 1);
        CHECK_EQUAL(strlen(buffer), length);
        CHECK(strncmp(buffer, wanted, length) == 0);
        free(buffer);
    }
}
