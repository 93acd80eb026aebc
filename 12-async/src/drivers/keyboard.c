#include "drivers/keyboard.h"

#include <stdatomic.h>
#include <stddef.h>

#include "arch/io.h"
#include "drivers/pic.h"
#include "sync/irq.h"

// The controller between keyboard and CPU: an 8042 once.
enum { CONTROLLER_DATA = 0x60, CONTROLLER_STATUS = 0x64 };
enum {
    STATUS_FULL = 1 << 0,  // a byte can be read
    STATUS_MOUSE = 1 << 5, // and it is not the keyboard's
};

// More bytes than any controller keeps.
enum { QUEUE_MAX = 256 };

static struct decoder decoder;
static key_handler *_Atomic on_key;
static byte_handler *_Atomic on_byte;

// An interrupt may come without a byte; so look first.
static void on_interrupt(struct trap_frame *frame)
{
    (void)frame;
    uint8_t status = io_read8(CONTROLLER_STATUS);
    if ((status & STATUS_FULL) == 0) {
        return;
    }
    uint8_t byte = io_read8(CONTROLLER_DATA);
    struct key key;
    byte_handler *take =
        atomic_load_explicit(&on_byte, memory_order_relaxed);
    if ((status & STATUS_MOUSE) == 0 && take != NULL) {
        take(byte);
        return;
    }
    if ((status & STATUS_MOUSE) != 0 ||
        !decoder_feed(&decoder, byte, &key)) {
        return;
    }
    key_handler *handler =
        atomic_load_explicit(&on_key, memory_order_relaxed);
    if (handler != NULL) {
        handler(key);
    }
}

// A key pressed before we were ready still waits to be read, and until
// it is the controller raises no further interrupt.
static void empty_controller(void)
{
    for (unsigned i = 0; i < QUEUE_MAX; i++) {
        if ((io_read8(CONTROLLER_STATUS) & STATUS_FULL) == 0) {
            return;
        }
        io_read8(CONTROLLER_DATA);
    }
}

void keyboard_init(void)
{
    decoder_init(&decoder, &layout_us);
    empty_controller();
    pic_handle(IRQ_KEYBOARD, on_interrupt);
}

void keyboard_set_handler(key_handler *handler)
{
    atomic_store_explicit(&on_key, handler, memory_order_relaxed);
    atomic_store_explicit(&on_byte, NULL, memory_order_relaxed);
}

void keyboard_set_byte_handler(byte_handler *handler)
{
    atomic_store_explicit(&on_byte, handler, memory_order_relaxed);
}

void keyboard_set_layout(const struct layout *layout)
{
    irq_state_t irq = irq_save();
    decoder_set_layout(&decoder, layout);
    irq_restore(irq);
}
