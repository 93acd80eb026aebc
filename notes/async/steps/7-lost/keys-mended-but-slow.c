#include "kernel/keys.h"

#include "drivers/keyboard.h"
#include "kernel/timer.h"
#include "lib/panic.h"
#include "lib/ring.h"
#include "sync/irq.h"

// At least 64 keys: more than a person types while one task keeps all
// others waiting for a second.
enum { QUEUE_SIZE = 256 };

static uint8_t bytes[QUEUE_SIZE];
static struct ring queue;

// The task that waits; changed with interrupts off only.
static struct waker waiting;

static struct decoder decoder; // belongs to the tasks

// Runs in the interrupt.  First the byte, then the wake: a task that is
// woken finds the byte.
static void on_byte(uint8_t byte)
{
    (void)!ring_put(&queue, byte);
    waker_wake(waiting);
    waiting = WAKER_NONE;
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

static void set_waiting(struct waker waker)
{
    irq_state_t irq = irq_save();
    kassert(waiting.id == WAKER_NONE.id || waiting.id == waker.id);
    waiting = waker;
    irq_restore(irq);
}

// A byte may have woken it already, and then another may wait.
static void stop_waiting(struct waker waker)
{
    irq_state_t irq = irq_save();
    if (waiting.id == waker.id) {
        waiting = WAKER_NONE;
    }
    irq_restore(irq);
}

// Registers first and looks into the queue afterwards: a byte in
// between is found.
static enum poll poll_key(struct future *self, struct waker waker)
{
    struct next_key *next = (struct next_key *)self;
    set_waiting(waker);
    uint64_t end = timer_ticks() + 3 * TIMER_HERTZ;
    while (timer_ticks() < end) { // the worst place, for three seconds
    }
    if (!take_key(&next->key)) {
        return POLL_PENDING;
    }
    stop_waiting(waker);
    return POLL_READY;
}

struct next_key keys_next(void)
{
    return (struct next_key){.future = FUTURE(poll_key)};
}
