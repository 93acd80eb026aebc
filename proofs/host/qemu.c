// Leaving QEMU: the one write that ends it, and what comes after where
// nobody listens.
// needs: src/drivers/qemu.h src/drivers/qemu.c src/arch/io.h
#include "drivers/qemu.h"

#include "host.h"
#include "test/test.h"

static void leaves_with(enum qemu_result result, unsigned value)
{
    host_forget();
    EXPECT_HALT(qemu_exit(result));
    CHECK_EQUAL(host_access_count, 1);
    CHECK(host_accesses[0].write);
    CHECK_EQUAL(host_accesses[0].port, 0xf4);
    CHECK_EQUAL(host_accesses[0].value, value);
}

TEST(qemu_exit_writes_the_result_and_halts)
{
    leaves_with(QEMU_SUCCESS, 0x10);
    leaves_with(QEMU_FAILURE, 0x11);
}
