#include "drivers/reset.h"

#include "arch/cpu.h"
#include "arch/io.h"

// The keyboard's controller has a wire to the CPU's reset: there was a
// pin to spare when IBM built the AT (IBM PC AT Technical Reference,
// "Keyboard Controller").
enum { CONTROLLER_COMMAND = 0x64, COMMAND_RESET = 0xfe };
enum { STATUS_BUSY = 1 << 1 }; // has not read the last byte

// More reads than any controller needs.
enum { PATIENCE = 100000 };

void reset_machine(void)
{
    for (unsigned i = 0; i < PATIENCE; i++) {
        if ((io_read8(CONTROLLER_COMMAND) & STATUS_BUSY) == 0) {
            break;
        }
    }
    io_write8(CONTROLLER_COMMAND, COMMAND_RESET);
    for (;;) {
        cpu_halt();
    }
}
