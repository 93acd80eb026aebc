// The serial driver against a model of the port: how it is set up, that
// it never writes to a busy port and never waits for ever.
// needs: src/drivers/serial.h src/drivers/serial.c src/arch/io.h
#include "drivers/serial.h"

#include <string.h>

#include "host.h"
#include "test/test.h"
#include "uart.h"

// Far longer than a character takes, and far shorter than for ever.
enum { PATIENT = 10000, FOR_EVER = 1000000 };

// How many of the accesses were kept.
static size_t kept(void)
{
    return host_access_count < HOST_ACCESSES ? host_access_count
                                             : HOST_ACCESSES;
}

static bool present; // what serial_init() said

static void start(void)
{
    uart_attach();
    present = serial_init();
}

TEST(serial_init_sets_every_register)
{
    start();
    CHECK(present);
    CHECK_EQUAL(uart.interrupts, 0);
    CHECK_EQUAL(uart.divisor[0], 1);
    CHECK_EQUAL(uart.divisor[1], 0);
    CHECK_EQUAL(uart.line, 0x03);
    CHECK_EQUAL(uart.fifo & 0x01, 1);
    CHECK(uart.fifo_clears > 0);
}

TEST(serial_init_leaves_loopback)
{
    start();
    CHECK(uart.looped > 0);
    CHECK_EQUAL(uart.modem, 0x03);
    CHECK_EQUAL(uart.sent, 0);
}

TEST(serial_init_uses_only_its_ports)
{
    start();
    serial_put('x');
    serial_drain();
    for (size_t i = 0; i < kept(); i++) {
        uint16_t port = host_accesses[i].port;
        CHECK(port >= 0x3f8 && port <= 0x3fd);
    }
}

TEST(serial_init_needs_the_divisor_latch_only_once)
{
    start();
    bool open = false;
    for (size_t i = 0; i < kept(); i++) {
        struct host_access access = host_accesses[i];
        if (access.write && access.port == 0x3fb) {
            open = (access.value & 0x80) != 0;
        }
        // Bit 0 of the interrupts would be bit 8 of the divisor.
        CHECK(!open || !access.write || access.port <= 0x3f9 ||
              access.port == 0x3fb);
    }
    CHECK(!open);
}

TEST(serial_waits_for_its_own_byte)
{
    uart_attach();
    uart.deaf = PATIENT;
    CHECK(serial_init());
}

static void check_missing(void)
{
    CHECK(!present);
    CHECK(host_access_count < FOR_EVER);
    host_forget();
    serial_put('x');
    serial_drain();
    CHECK_EQUAL(host_access_count, 0);
}

TEST(serial_notices_a_missing_port)
{
    host_device(NULL, NULL);
    present = serial_init();
    check_missing();
}

static uint8_t read_zero(uint16_t port)
{
    (void)port;
    return 0;
}

TEST(serial_notices_a_port_that_reads_zero)
{
    host_device(read_zero, NULL);
    present = serial_init();
    check_missing();
}

TEST(serial_notices_a_port_that_loses_a_bit)
{
    for (unsigned bit = 0; bit < 8; bit++) {
        uart_attach();
        uart.distorted = (uint8_t)(1 << bit);
        serial_init();
        CHECK_EQUAL(uart.modem & 0x10, 0);
        check_missing();
    }
}

TEST(serial_notices_a_port_that_hears_nothing)
{
    uart_attach();
    uart.silent = true;
    present = serial_init();
    CHECK(uart.polls >= PATIENT);
    CHECK_EQUAL(uart.modem & 0x10, 0);
    check_missing();
}

TEST(serial_finds_a_port_that_was_missing)
{
    host_device(NULL, NULL);
    CHECK(!serial_init());
    start();
    CHECK(present);
}

TEST(serial_puts_every_byte_but_a_newline_as_it_is)
{
    start();
    for (unsigned byte = 0; byte < 256; byte++) {
        if (byte != '\n') {
            serial_put((char)byte);
        }
    }
    CHECK_EQUAL(uart.sent, 255);
    for (unsigned byte = 0; byte < 255; byte++) {
        CHECK_EQUAL((uint8_t)uart.text[byte], byte + (byte >= '\n'));
    }
}

TEST(serial_ends_a_line_with_both)
{
    start();
    serial_put('a');
    uart.busy = 10;
    serial_put('\n');
    serial_put('\r');
    CHECK_TEXT(uart.text, "a\r\n\r");
    CHECK_EQUAL(uart.overruns, 0);
}

TEST(serial_waits_while_the_port_is_busy)
{
    start();
    for (unsigned i = 0; i < 20; i++) {
        uart.busy = i * 100;
        serial_put((char)('a' + i));
    }
    uart.busy = PATIENT;
    serial_put('!');
    CHECK_TEXT(uart.text, "abcdefghijklmnopqrst!");
    CHECK_EQUAL(uart.overruns, 0);
}

TEST(serial_gives_up_on_a_stuck_port)
{
    start();
    uart.stuck = true;
    host_forget();
    serial_put('x');
    CHECK(host_access_count >= PATIENT);
    CHECK(host_access_count < FOR_EVER);
    CHECK_EQUAL(uart.overruns, 0);
    host_forget();
    serial_drain();
    CHECK(host_access_count >= PATIENT);
    CHECK(host_access_count < FOR_EVER);
    uart.stuck = false;
    serial_put('y');
    CHECK_TEXT(uart.text, "y");
}

// The port can take a character before it has sent the last one.
static uint8_t read_half_done(uint16_t port)
{
    if (port == 0x3fd) {
        uart.polls++;
        return uart.polls > 500 ? 0x60 : 0x20;
    }
    return uart_read(port);
}

TEST(serial_drain_waits_for_the_last_bit)
{
    start();
    uart.polls = 0;
    host_device(read_half_done, uart_write);
    serial_drain();
    CHECK_EQUAL(uart.polls, 501);
}

TEST(serial_put_does_not_wait_for_the_last_bit)
{
    start();
    uart.polls = 0;
    host_device(read_half_done, uart_write);
    serial_put('x');
    CHECK_EQUAL(uart.polls, 1);
    CHECK_TEXT(uart.text, "x");
}
