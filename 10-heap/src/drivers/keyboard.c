#include "drivers/keyboard.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "arch/io.h"
#include "drivers/pic.h"

// The controller between keyboard and CPU, once an 8042 (IBM PS/2
// Hardware Interface Technical Reference, "Keyboard and Auxiliary
// Device Controller").
enum {
    CONTROLLER_DATA = 0x60,
    CONTROLLER_STATUS = 0x64,  // when read
    CONTROLLER_COMMAND = 0x64, // when written
};
enum {
    STATUS_FULL = 1 << 0,  // a byte waits for us
    STATUS_BUSY = 1 << 1,  // the last byte we wrote waits, too
    STATUS_MOUSE = 1 << 5, // the byte for us is not the keyboard's
};
enum { COMMAND_DISABLE_MOUSE = 0xa7 };

// More reads than any controller needs, and more bytes than any keeps.
enum { PATIENCE = 100000, QUEUE_MAX = 256 };

static byte_handler *_Atomic on_byte;

static bool status(unsigned bits)
{
    return (io_read8(CONTROLLER_STATUS) & bits) != 0;
}

// An interrupt may come without a byte; so look first.
static void keyboard_interrupt(struct trap_frame *frame)
{
    (void)frame;
    if (!status(STATUS_FULL)) {
        return;
    }
    bool from_mouse = status(STATUS_MOUSE);
    uint8_t byte = io_read8(CONTROLLER_DATA);
    byte_handler *handler =
        atomic_load_explicit(&on_byte, memory_order_relaxed);
    if (!from_mouse && handler != NULL) {
        handler(byte);
    }
}

// Keyboard and mouse share the port at which we read.  A mouse that the
// firmware has switched on would fill it with bytes whose interrupt we
// do not take, and no key would get through any more.
static void disable_mouse(void)
{
    for (unsigned i = 0; i < PATIENCE && status(STATUS_BUSY); i++) {
    }
    io_write8(CONTROLLER_COMMAND, COMMAND_DISABLE_MOUSE);
    for (unsigned i = 0; i < PATIENCE && status(STATUS_BUSY); i++) {
    }
}

// A key pressed before we were ready still waits to be read, and until
// it is the controller raises no further interrupt.
static void empty_controller(void)
{
    for (unsigned i = 0; i < QUEUE_MAX && status(STATUS_FULL); i++) {
        io_read8(CONTROLLER_DATA);
    }
}

void keyboard_init(void)
{
    disable_mouse();
    empty_controller();
    pic_handle(IRQ_KEYBOARD, keyboard_interrupt);
}

void keyboard_set_handler(byte_handler *handler)
{
    atomic_store_explicit(&on_byte, handler, memory_order_relaxed);
}
