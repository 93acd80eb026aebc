// A model of the serial port that a kernel finds at COM1: a 16550 UART
// (PC16550D data sheet), put behind the ports by uart_attach().
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UART_TEXT = 1 << 16 };

struct uart {
    // Its faults, for a test to set after uart_attach().
    unsigned busy;     // how many reads of its status find it busy
    bool stuck;        // it is busy for ever
    unsigned deaf;     // how many reads find nothing received
    bool silent;       // what it sends to itself never arrives
    uint8_t distorted; // bits that it gets wrong in loopback

    // What it has seen.
    char text[UART_TEXT]; // sent over the line, ended by a 0 byte
    size_t sent;
    size_t looped;     // bytes sent in loopback
    size_t overruns;   // bytes written while it was busy
    size_t polls;      // reads of its status
    size_t fifo_clears;

    // Its registers.
    uint8_t interrupts;
    uint8_t line;
    uint8_t modem;
    uint8_t fifo;
    uint8_t divisor[2];
    uint8_t received;
    bool has_received;
};

extern struct uart uart;

// A port as the machine might leave it to us: with everything set that
// a driver has to clear, and its divisor out of sight.
void uart_attach(void);

// For a test with more than one device: the model's own two functions.
uint8_t uart_read(uint16_t port);
void uart_write(uint16_t port, uint8_t value);
