#include "uart.h"

#include "host.h"

enum { COM1 = 0x3f8 };
enum { LCR_DIVISOR = 0x80, MCR_LOOPBACK = 0x10 };
enum { LSR_RECEIVED = 0x01, LSR_CAN_SEND = 0x20, LSR_ALL_SENT = 0x40 };

struct uart uart;

void uart_attach(void)
{
    uart = (struct uart){
        .interrupts = 0x0f,
        .line = 0x7f,
        .modem = 0x1f,
        .divisor = {0x55, 0x55},
    };
    host_device(uart_read, uart_write);
}

static uint8_t status(void)
{
    uart.polls++;
    uint8_t bits = 0;
    if (uart.has_received && uart.deaf == 0) {
        bits |= LSR_RECEIVED;
    }
    uart.deaf -= uart.deaf > 0;
    if (!uart.stuck && uart.busy == 0) {
        bits |= LSR_CAN_SEND | LSR_ALL_SENT;
    }
    uart.busy -= uart.busy > 0;
    return bits;
}

static bool sees_divisor(void)
{
    return (uart.line & LCR_DIVISOR) != 0;
}

uint8_t uart_read(uint16_t port)
{
    switch (port - COM1) {
    case 0:
        if (sees_divisor()) {
            return uart.divisor[0];
        }
        uart.has_received = false;
        return uart.received;
    case 1:
        return sees_divisor() ? uart.divisor[1] : uart.interrupts;
    case 3:
        return uart.line;
    case 4:
        return uart.modem;
    case 5:
        return status();
    default:
        return 0xff;
    }
}

static void send(uint8_t value)
{
    if ((uart.modem & MCR_LOOPBACK) != 0) {
        uart.looped++;
        uart.received = value ^ uart.distorted;
        uart.has_received = !uart.silent;
    } else if (uart.stuck || uart.busy > 0) {
        uart.overruns++;
    } else if (uart.sent < UART_TEXT - 1) {
        uart.text[uart.sent] = (char)value;
        uart.sent++;
    }
}

void uart_write(uint16_t port, uint8_t value)
{
    switch (port - COM1) {
    case 0:
        if (sees_divisor()) {
            uart.divisor[0] = value;
        } else {
            send(value);
        }
        break;
    case 1:
        if (sees_divisor()) {
            uart.divisor[1] = value;
        } else {
            uart.interrupts = value;
        }
        break;
    case 2:
        uart.fifo = value;
        uart.fifo_clears += (value & 0x06) == 0x06;
        break;
    case 3:
        uart.line = value;
        break;
    case 4:
        uart.modem = value;
        break;
    default:
        break;
    }
}
