// The timer against a model of the 8254, for every divisor.
// needs: src/drivers/pit.h src/drivers/pit.c src/arch/io.h
#include "drivers/pit.h"

#include "host.h"
#include "test/test.h"

// The input's frequency (8254 data sheet and IBM PC technical
// reference: a twelfth of 14.31818 MHz).
enum { PULSES = 1193182 };

static unsigned bytes_due; // of the divisor, after a command
static unsigned divisor;
static unsigned mode;
static unsigned strays;

static void write(uint16_t port, uint8_t value)
{
    if (port == 0x43 && value >> 6 == 0 && (value & 1) == 0) {
        // Channel 0, in binary; low byte and then high byte.
        strays += (value >> 4 & 3) != 3;
        mode = value >> 1 & 7;
        bytes_due = 2;
        divisor = 0;
    } else if (port == 0x40 && bytes_due > 0) {
        bytes_due--;
        divisor = divisor >> 8 | (unsigned)value << 8;
    } else {
        strays++;
    }
}

static void start(void)
{
    host_device(NULL, write);
    bytes_due = divisor = mode = strays = 0;
}

TEST(pit_is_a_rate_generator)
{
    start();
    pit_start(11932);
    CHECK_EQUAL(mode, 2);
    CHECK_EQUAL(divisor, 11932);
    CHECK_EQUAL(bytes_due, 0);
    CHECK_EQUAL(strays, 0);
}

TEST(pit_takes_every_divisor)
{
    start();
    for (unsigned wanted = 2; wanted <= 0xffff; wanted++) {
        pit_start(wanted);
        CHECK(bytes_due == 0 && strays == 0 && mode == 2);
        CHECK(divisor == wanted);
    }
    CHECK_EQUAL(PIT_HERTZ, PULSES);
}

static void refuse(unsigned wanted)
{
    start();
    EXPECT_PANIC(pit_start(wanted));
    CHECK_EQUAL(host_access_count, 0);
}

TEST(pit_cannot_be_slower_or_faster)
{
    static const unsigned divisors[] = {0, 1, 0x10000, 0x10002, PULSES,
                                        1u << 31, ~0u};
    for (size_t i = 0; i < sizeof(divisors) / sizeof(divisors[0]); i++) {
        refuse(divisors[i]);
    }
}
