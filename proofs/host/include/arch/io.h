// The I/O ports, as the host has them: in front of src/arch/io.h for
// whatever is tested on the machine we sit at.  host.h says how a test
// puts a device behind them and sees what was written.
#pragma once

#include <stdint.h>

#include "host.h"

typedef uint16_t port_t;

static inline void io_write8(port_t port, uint8_t value)
{
    host_io_write(port, value);
}

static inline uint8_t io_read8(port_t port)
{
    return host_io_read(port);
}

// A write that nothing listens to, as src/arch/io.h has it.
enum { DELAY_PORT = 0x80 };

static inline void io_delay(void)
{
    host_io_write(DELAY_PORT, 0);
}
