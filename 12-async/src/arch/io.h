// The I/O ports: an address space of 64 KiB beside memory.  The CPU
// talks to devices through it, and reaches it by `in` and `out` only.
#pragma once

#include <stdint.h>

typedef uint16_t port_t;

// Nothing listens to writes at this port, except for a card that shows
// how far the firmware has come.
enum { DELAY_PORT = 0x80 };

// "memory": a device may look at memory when it is written to, or may
// have changed it when it is read.
static inline void io_write8(port_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1"
                     :
                     : "a"(value), "Nd"(port)
                     : "memory");
}

static inline void io_write16(port_t port, uint16_t value)
{
    __asm__ volatile("outw %0, %1"
                     :
                     : "a"(value), "Nd"(port)
                     : "memory");
}

static inline uint8_t io_read8(port_t port)
{
    uint8_t value;
    __asm__ volatile("inb %1, %0"
                     : "=a"(value)
                     : "Nd"(port)
                     : "memory");
    return value;
}

// Takes about a microsecond, which is how long a port access takes.
static inline void io_delay(void)
{
    io_write8(DELAY_PORT, 0);
}
