// The I/O ports: an address space of 64 KiB beside memory, by which the
// CPU talks to devices, reached by `in` and `out` only.
#pragma once

#include <stdint.h>

typedef uint16_t port_t;

static inline void io_write8(port_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint8_t io_read8(port_t port)
{
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}
