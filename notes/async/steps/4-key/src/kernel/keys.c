#include "kernel/keys.h"

#include "drivers/keyboard.h"
#include "lib/ring.h"

// At least 64 keys: more than a person types while one task keeps all
// others waiting for a second.
enum { QUEUE_SIZE = 256 };

static uint8_t bytes[QUEUE_SIZE];
static struct ring queue;

static struct decoder decoder; // belongs to the tasks

// Runs in the interrupt.
static void on_byte(uint8_t byte)
{
    (void)!ring_put(&queue, byte);
}

void keys_init(void)
{
    ring_init(&queue, bytes, sizeof(bytes));
    decoder_init(&decoder, &layout_us);
    keyboard_set_handler(on_byte);
}

static bool take_key(struct key *key)
{
    uint8_t byte;
    while (ring_take(&queue, &byte)) {
        if (decoder_feed(&decoder, byte, key)) {
            return true;
        }
    }
    return false;
}

static enum poll poll_key(struct future *self, struct waker waker)
{
    struct next_key *next = (struct next_key *)self;
    (void)waker;
    return take_key(&next->key) ? POLL_READY : POLL_PENDING;
}

struct next_key keys_next(void)
{
    return (struct next_key){.future = FUTURE(poll_key)};
}
