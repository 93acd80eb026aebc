#include "kernel/keys.h"

#include "drivers/keyboard.h"
#include "kernel/console.h"
#include "kernel/panic.h"
#include "lib/ring.h"
#include "lib/scancode.h"
#include "sync/irq.h"

// At least 64 keys: more than anybody types while a task keeps all
// others waiting for a second.
enum { QUEUE_SIZE = 256 };

static uint8_t bytes[QUEUE_SIZE];
static struct ring queue;
static _Atomic uint64_t lost;
static bool losing; // since the last byte that found room

// The one who waits; with interrupts off.
static struct waker waiting;

// These are the task's.
static struct decoder decoder;
static uint64_t lost_reported;

// In the interrupt.  First the byte, then the wake: a task that is
// woken finds it.
static void on_byte(uint8_t byte)
{
    // After a loss the decoder must know that keys may be up again.
    if (losing && ring_put(&queue, SCANCODE_LOST)) {
        losing = false;
    }
    if (losing || !ring_put(&queue, byte)) {
        losing = true;
        lost++;
    }
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

static void report_lost(void)
{
    uint64_t now = keys_lost();
    if (now != lost_reported) {
        kprintf("\n[keyboard: queue full, %lu bytes lost]\n",
                now - lost_reported);
        lost_reported = now;
    }
}

static enum poll poll_key(struct future *self, struct waker waker)
{
    struct next_key *next = (struct next_key *)self;
    report_lost();
    if (take_key(&next->key)) {
        return POLL_READY;
    }
    next->waker = waker;
    set_waiting(waker);
    // A byte that came after the first look, and before it was known
    // who waits, has woken nobody: look again.
    if (take_key(&next->key)) {
        stop_waiting(waker);
        return POLL_READY;
    }
    return POLL_PENDING;
}

static void cancel_key(struct future *self)
{
    stop_waiting(((struct next_key *)self)->waker);
}

struct next_key keys_next(void)
{
    return (struct next_key){
        .future = {.poll = poll_key, .cancel = cancel_key},
    };
}

void keys_set_layout(const struct layout *layout)
{
    decoder_set_layout(&decoder, layout);
}

uint64_t keys_lost(void)
{
    return lost;
}
