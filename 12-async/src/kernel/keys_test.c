// Keys from the controller to a task.  The controller has a command for
// it: "write keyboard output buffer" lets a byte appear as if it came
// from the keyboard (IBM PC AT Technical Reference, "Keyboard
// Controller").
#include "kernel/keys.h"

#include "arch/cpu.h"
#include "arch/io.h"
#include "lib/string.h"
#include "sync/irq.h"
#include "task/executor.h"
#include "test/test.h"

enum { DATA = 0x60, COMMAND = 0x64, WRITE_OUTPUT = 0xd2 };
enum { FULL = 1 << 0, BUSY = 1 << 1 };

static void wait_until_clear(uint8_t bits)
{
    while ((io_read8(COMMAND) & bits) != 0) {
    }
}

// Returns when the interrupt has taken it.
static void send(uint8_t byte)
{
    wait_until_clear(BUSY);
    io_write8(COMMAND, WRITE_OUTPUT);
    wait_until_clear(BUSY);
    io_write8(DATA, byte);
    wait_until_clear(BUSY | FULL);
}

static void send_key(uint8_t code)
{
    send(code);
    send(code | 0x80);
}

static char typed[8];

struct reader {
    struct future future;
    struct next_key key;
    unsigned count;
};

static enum poll run_reader(struct future *self, struct waker waker)
{
    struct reader *reader = (struct reader *)self;
    ASYNC_BEGIN(self);
    for (; reader->count < 3; reader->count++) {
        reader->key = keys_next();
        AWAIT(self, &reader->key.future, waker);
        typed[reader->count] = reader->key.key.character;
    }
    ASYNC_END;
}

TEST(keys_reach_a_task)
{
    const struct reader reader = {.future = FUTURE(run_reader)};
    memset(typed, 0, sizeof(typed));
    send_key(0x1e); // before a task waits
    CHECK(executor_spawn("reader", &reader.future, sizeof(reader)));
    while (executor_step()) {
    }
    CHECK_TEXT(typed, "a");
    send(KEY_LEFT_SHIFT);
    send_key(0x30);
    send(KEY_LEFT_SHIFT | 0x80);
    while (executor_step()) {
    }
    CHECK_TEXT(typed, "aB");
    send_key(0x2e);
    while (executor_step()) {
    }
    CHECK_TEXT(typed, "aBc");
}

TEST(keys_that_lose_a_race_are_kept)
{
    struct next_key key = keys_next();
    struct next_key again = keys_next();
    CHECK_EQUAL(future_poll(&key.future, WAKER_NONE), POLL_PENDING);
    future_cancel(&key.future);
    send_key(0x1e);
    CHECK_EQUAL(future_poll(&again.future, WAKER_NONE), POLL_READY);
    CHECK_EQUAL(again.key.character, 'a');
}

TEST(keys_have_the_layout_that_was_set)
{
    struct next_key key = keys_next();
    keys_set_layout(&layout_german);
    send_key(0x15);
    CHECK_EQUAL(future_poll(&key.future, WAKER_NONE), POLL_READY);
    keys_set_layout(&layout_us);
    CHECK_EQUAL(key.key.character, 'z');
}

TEST(keys_that_find_the_queue_full_are_counted)
{
    struct next_key key = keys_next();
    uint64_t lost = keys_lost();
    // Takes out what the tests before have left.
    CHECK_EQUAL(future_poll(&key.future, WAKER_NONE), POLL_PENDING);
    for (unsigned i = 0; i < 300; i++) {
        send(0x9e); // released: no key
    }
    CHECK_EQUAL(keys_lost() - lost, 300 - 256);
    CHECK_EQUAL(future_poll(&key.future, WAKER_NONE), POLL_PENDING);
    send_key(0x1e);
    CHECK_EQUAL(future_poll(&key.future, WAKER_NONE), POLL_READY);
    CHECK_EQUAL(key.lost, 300 - 256);
    CHECK_EQUAL(key.key.character, 'a');
}

TEST(keys_stay_when_any_key_was_waited_for)
{
    struct next_key key = keys_next();
    struct next_key any = keys_any();
    send(0x9c); // Enter is released: no key is pressed
    CHECK_EQUAL(future_poll(&any.future, WAKER_NONE), POLL_PENDING);
    send_key(0x1e);
    CHECK_EQUAL(future_poll(&any.future, WAKER_NONE), POLL_READY);
    CHECK_EQUAL(future_poll(&key.future, WAKER_NONE), POLL_READY);
    CHECK_EQUAL(key.key.character, 'a');
}

TEST(keys_without_a_character_are_keys_too)
{
    struct next_key key = keys_next();
    struct next_key any = keys_any();
    send(KEY_LEFT_SHIFT);
    CHECK_EQUAL(future_poll(&any.future, WAKER_NONE), POLL_READY);
    send_key(0x1e);
    send(KEY_LEFT_SHIFT | 0x80);
    CHECK_EQUAL(future_poll(&key.future, WAKER_NONE), POLL_READY);
    CHECK_EQUAL(key.key.character, 'A');
}
