#include "drivers/serial.h"

#include "arch/io.h"

enum { COM1 = 0x3f8 };

// Offsets from the base port (PC16550D data sheet, "Registers").
enum uart_register {
    UART_DATA = 0,
    UART_INTERRUPT_ENABLE = 1,
    UART_DIVISOR_LOW = 0,  // while LINE_DIVISOR_ACCESS is set
    UART_DIVISOR_HIGH = 1, // likewise
    UART_FIFO_CONTROL = 2,
    UART_LINE_CONTROL = 3,
    UART_MODEM_CONTROL = 4,
    UART_LINE_STATUS = 5,
};

enum {
    LINE_8_BITS = 0x03, // no parity, one stop bit
    LINE_DIVISOR_ACCESS = 1 << 7,
    FIFO_ENABLE = 1 << 0,
    FIFO_CLEAR = 3 << 1, // both directions
    MODEM_READY = 0x03,  // data terminal ready, request to send
    MODEM_LOOPBACK = 1 << 4,
    STATUS_RECEIVED = 1 << 0,
    STATUS_CAN_SEND = 1 << 5,
    STATUS_ALL_SENT = 1 << 6,
};

// 115200 bits per second, divided by this.
enum { DIVISOR = 1 };

// How often to ask a busy port: far longer than a character takes.
enum { PATIENCE = 100000 };

// Sent to ourselves; any value that a missing port does not return.
enum { TEST_BYTE = 0xae };

static bool present;

static void uart_write(enum uart_register number, unsigned value)
{
    io_write8((port_t)(COM1 + number), (uint8_t)value);
}

static uint8_t uart_read(enum uart_register number)
{
    return io_read8((port_t)(COM1 + number));
}

static bool wait_for(unsigned status)
{
    for (unsigned i = 0; i < PATIENCE; i++) {
        if ((uart_read(UART_LINE_STATUS) & status) != 0) {
            return true;
        }
    }
    return false;
}

// In loopback the port receives what it sends.
static bool echoes(void)
{
    uart_write(UART_MODEM_CONTROL, MODEM_LOOPBACK);
    uart_write(UART_DATA, TEST_BYTE);
    bool echoed = wait_for(STATUS_RECEIVED) &&
                  uart_read(UART_DATA) == TEST_BYTE;
    uart_write(UART_MODEM_CONTROL, MODEM_READY);
    return echoed;
}

bool serial_init(void)
{
    uart_write(UART_INTERRUPT_ENABLE, 0);
    uart_write(UART_LINE_CONTROL, LINE_DIVISOR_ACCESS);
    uart_write(UART_DIVISOR_LOW, DIVISOR);
    uart_write(UART_DIVISOR_HIGH, DIVISOR >> 8);
    uart_write(UART_LINE_CONTROL, LINE_8_BITS);
    uart_write(UART_FIFO_CONTROL, FIFO_ENABLE | FIFO_CLEAR);
    present = echoes();
    return present;
}

// Terminal programs want a line to end with a carriage return, too.
void serial_put(char c)
{
    if (c == '\n') {
        serial_put('\r');
    }
    if (present && wait_for(STATUS_CAN_SEND)) {
        uart_write(UART_DATA, (uint8_t)c);
    }
}

void serial_drain(void)
{
    if (present) {
        wait_for(STATUS_ALL_SENT);
    }
}
