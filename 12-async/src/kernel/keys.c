#include "kernel/keys.h"

#include "drivers/keyboard.h"
#include "lib/panic.h"
#include "lib/ring.h"
#include "sync/irq.h"

// At least 64 keys: more than a person types while one task keeps all
// others waiting for a second.
enum { QUEUE_SIZE = 256 };

enum { BIT_RELEASED = 0x80 };

static uint8_t bytes[QUEUE_SIZE];
static struct ring queue;
static _Atomic uint64_t lost;
static bool losing; // since the last byte that found room

// The task that waits; changed with interrupts off only.
static struct waker waiting;

// These belong to the tasks.
static struct decoder decoder;
static uint64_t lost_reported;
static struct key kept; // a key that keys_any() has seen
static bool is_kept;

// Runs in the interrupt.  First the byte, then the wake: a task that is
// woken finds the byte.
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
    if (is_kept) {
        *key = kept;
        is_kept = false;
        return true;
    }
    while (ring_take(&queue, &byte)) {
        if (decoder_feed(&decoder, byte, key)) {
            return true;
        }
    }
    return false;
}

// Bytes that press a key have bit 7 clear; 0 is none of them.
static bool find_press(void)
{
    uint8_t byte;
    while (!is_kept && ring_take(&queue, &byte)) {
        is_kept = decoder_feed(&decoder, byte, &kept);
        if (byte != 0 && (byte & BIT_RELEASED) == 0) {
            return true;
        }
    }
    return is_kept;
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
    next->waker = waker;
    set_waiting(waker);
    if (next->any ? !find_press() : !take_key(&next->key)) {
        return POLL_PENDING;
    }
    stop_waiting(waker);
    if (!next->any) {
        uint64_t now = keys_lost();
        next->lost = now - lost_reported;
        lost_reported = now;
    }
    return POLL_READY;
}

static void cancel_key(struct future *self)
{
    stop_waiting(((struct next_key *)self)->waker);
}

struct next_key keys_next(void)
{
    return (struct next_key){
        .future = {.poll = poll_key,
                   .cancel = cancel_key,
                   .state = "waiting for a key"},
    };
}

struct next_key keys_any(void)
{
    struct next_key next = keys_next();
    next.any = true;
    return next;
}

void keys_set_layout(const struct layout *layout)
{
    decoder_set_layout(&decoder, layout);
}

uint64_t keys_lost(void)
{
    return lost;
}
