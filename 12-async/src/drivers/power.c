#include "drivers/power.h"

#include "arch/io.h"

// The keyboard's controller has a wire to the CPU's reset: there was a
// pin to spare when IBM built the AT (IBM PC AT Technical Reference,
// "Keyboard Controller").
enum { CONTROLLER_COMMAND = 0x64, COMMAND_RESET = 0xfe };
enum { STATUS_BUSY = 1 << 1 }; // has not read the last byte

// PM1a_CNT of QEMU's machines, with SLP_EN and a sleep type of 0, which
// is S5 there (ACPI specification, "PM1 Control Registers").
enum { POWER_CONTROL = 0x604, POWER_OFF = 1 << 13 };

// More reads than any controller needs, and a tenth of a second.
enum { PATIENCE = 100000 };

static void wait_a_moment(void)
{
    for (unsigned i = 0; i < PATIENCE; i++) {
        io_delay();
    }
}

void power_reset(void)
{
    for (unsigned i = 0; i < PATIENCE; i++) {
        if ((io_read8(CONTROLLER_COMMAND) & STATUS_BUSY) == 0) {
            break;
        }
    }
    io_write8(CONTROLLER_COMMAND, COMMAND_RESET);
    wait_a_moment();
}

void power_off(void)
{
    io_write16(POWER_CONTROL, POWER_OFF);
    wait_a_moment();
}
