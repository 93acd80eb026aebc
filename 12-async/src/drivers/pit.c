#include "drivers/pit.h"

#include "arch/io.h"
#include "lib/panic.h"

enum { PIT_CHANNEL_0 = 0x40, PIT_COMMAND = 0x43 };

// 8254 data sheet, "Control Word Format".
enum {
    COMMAND_LOW_THEN_HIGH = 3 << 4,
    COMMAND_RATE_GENERATOR = 2 << 1, // mode 2
};

enum { DIVISOR_MIN = 2, DIVISOR_MAX = 0xffff };

void pit_start(unsigned divisor)
{
    kassert(divisor >= DIVISOR_MIN && divisor <= DIVISOR_MAX);
    io_write8(PIT_COMMAND,
              COMMAND_LOW_THEN_HIGH | COMMAND_RATE_GENERATOR);
    io_write8(PIT_CHANNEL_0, (uint8_t)divisor);
    io_write8(PIT_CHANNEL_0, (uint8_t)(divisor >> 8));
}
