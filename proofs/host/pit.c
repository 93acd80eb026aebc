// The timer's divisor and the rate that it returns, for every rate that
// it promises, against exact arithmetic and a model of the 8254.
// needs: src/drivers/pit.h src/drivers/pit.c src/arch/io.h
#include "drivers/pit.h"

#include "host.h"
#include "test/test.h"

// The input's frequency (8254 data sheet and IBM PC technical
// reference: a twelfth of 14.31818 MHz).
enum { PULSES = 1193182, SLOWEST = 19, FASTEST = 596591 };

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

static uint64_t distance(uint64_t a, uint64_t b)
{
    return a > b ? a - b : b - a;
}

TEST(pit_is_a_rate_generator)
{
    start();
    pit_start(100);
    CHECK_EQUAL(mode, 2);
    CHECK_EQUAL(divisor, 11932);
    CHECK_EQUAL(bytes_due, 0);
    CHECK_EQUAL(strays, 0);
}

TEST(pit_takes_the_divisor_that_comes_nearest)
{
    start();
    for (unsigned hertz = SLOWEST; hertz <= FASTEST; hertz++) {
        unsigned rate = pit_start(hertz);
        CHECK(bytes_due == 0 && strays == 0 && mode == 2);
        CHECK(divisor >= 2 && divisor <= 0xffff);
        CHECK(2 * distance((uint64_t)divisor * hertz, PULSES) <= hertz);
        // The rate, in thousandths, is rounded down or up.
        CHECK(distance((uint64_t)rate * divisor,
                       UINT64_C(1000) * PULSES) < divisor);
    }
}

static void refuse(unsigned hertz)
{
    start();
    EXPECT_PANIC(pit_start(hertz));
    CHECK_EQUAL(host_access_count, 0);
}

TEST(pit_cannot_be_slower_or_faster)
{
    static const unsigned rates[] = {0, 1, 2, 18, FASTEST + 1, 1000000, 1193182,
                                     2386365, 1u << 31, ~0u};
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        refuse(rates[i]);
    }
}
