// Ten thousand tasks inside a kernel: a wake is one poll, however many
// there are; wakers of tasks that ended wake nobody; no wake is slept
// through, wherever the interrupt comes, nor a tick or a key; a key queue
// that was full works again; and all memory comes back.
// needs: src/task/executor.c src/kernel/keys.c src/kernel/sleep.c
// needs: src/test/test.c src/mm/heap.h
// limit: 60
#include "task/executor.h"

#include <stdatomic.h>

#include "arch/cpu.h"
#include "arch/interrupts.h"
#include "arch/io.h"
#include "drivers/pic.h"
#include "drivers/pit.h"
#include "drivers/qemu.h"
#include "drivers/serial.h"
#include "kernel/kernel.h"
#include "kernel/keys.h"
#include "kernel/sleep.h"
#include "kernel/timer.h"
#include "mm/frame.h"
#include "mm/heap.h"
#include "test/test.h"

enum { COUNT = 10000 };

// The generator `xorshift64*`.
static uint64_t state = 1;

static size_t random_below(size_t limit)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (state * UINT64_C(0x2545f4914f6cdd1d) >> 32) % limit;
}

static void run_all_ready(void)
{
    while (executor_step()) {
    }
}

static void check_wakes_equal_polls(void)
{
    struct executor_counts counts = executor_counts();
    CHECK_EQUAL(counts.wakes, counts.polls);
}

// --- Tasks that wait to be woken ---------------------------------------

struct waiter {
    struct future future;
    unsigned number;
};

static struct waker wakers[COUNT];
static unsigned turns[COUNT];
static bool all_end;    // at the next turn
static size_t hops;     // so often a turn wakes the next one

static enum poll poll_waiter(struct future *self, struct waker waker)
{
    unsigned number = ((struct waiter *)self)->number;
    wakers[number] = waker;
    turns[number]++;
    if (hops > 0) {
        hops--;
        waker_wake(wakers[(number + 1) % COUNT]);
    }
    return all_end ? POLL_READY : POLL_PENDING;
}

static void spawn_waiters(size_t count)
{
    all_end = false;
    hops = 0;
    for (unsigned i = 0; i < count; i++) {
        const struct waiter waiter = {
            .future = FUTURE(poll_waiter),
            .number = i,
        };
        turns[i] = 0;
        CHECK(executor_spawn("waiter", &waiter.future, sizeof(waiter)));
    }
    run_all_ready();
}

static void end_waiters(size_t count)
{
    all_end = true;
    for (size_t i = 0; i < count; i++) {
        waker_wake(wakers[i]);
    }
    run_all_ready();
}

static uint64_t polls_of_wakes(size_t count)
{
    uint64_t before = executor_counts().polls;
    for (unsigned i = 0; i < 1000; i++) {
        size_t number = random_below(count);
        unsigned had = turns[number];
        waker_wake(wakers[number]);
        CHECK(executor_step());
        CHECK(!executor_step());
        CHECK_EQUAL(turns[number], had + 1);
    }
    return executor_counts().polls - before;
}

TEST(a_wake_is_one_poll_however_many_wait)
{
    size_t tasks = executor_counts().tasks;
    static const size_t counts[] = {1, 100, COUNT};
    for (unsigned i = 0; i < 3; i++) {
        spawn_waiters(counts[i]);
        CHECK_EQUAL(executor_counts().tasks, tasks + counts[i]);
        CHECK_EQUAL(polls_of_wakes(counts[i]), 1000);
        end_waiters(counts[i]);
        CHECK_EQUAL(executor_counts().tasks, tasks);
    }
    check_wakes_equal_polls();
}

TEST(ten_thousand_wake_each_other)
{
    spawn_waiters(COUNT);
    uint64_t polls = executor_counts().polls;
    hops = 5 * COUNT - 1;
    waker_wake(wakers[0]);
    run_all_ready();
    CHECK_EQUAL(executor_counts().polls - polls, 5 * COUNT);
    size_t wrong = 0;
    for (size_t i = 0; i < COUNT; i++) {
        wrong += turns[i] != 1 + 5;
    }
    CHECK_EQUAL(wrong, 0);
    check_wakes_equal_polls();
    end_waiters(COUNT);
}

TEST(wakers_of_ended_tasks_wake_nobody)
{
    static struct waker old[COUNT];
    static bool had_slot[2 * COUNT];
    spawn_waiters(COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        old[i] = wakers[i];
        if (old[i].slot < 2 * COUNT) {
            had_slot[old[i].slot] = true;
        }
    }
    end_waiters(COUNT);
    uint64_t wakes = executor_counts().wakes;
    for (size_t i = 0; i < COUNT; i++) {
        waker_wake(old[i]);
    }
    CHECK(!executor_step());
    CHECK_EQUAL(executor_counts().wakes, wakes);

    // Others have the slots now.
    spawn_waiters(COUNT);
    size_t reused = 0;
    for (size_t i = 0; i < COUNT; i++) {
        reused += wakers[i].slot < 2 * COUNT && had_slot[wakers[i].slot];
    }
    CHECK_EQUAL(reused, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        waker_wake(old[i]);
    }
    CHECK(!executor_step());
    end_waiters(COUNT);
    check_wakes_equal_polls();
}

TEST(all_memory_comes_back)
{
    size_t blocks = heap_count();
    spawn_waiters(COUNT);
    CHECK_EQUAL(heap_count(), blocks + COUNT);
    end_waiters(COUNT);
    CHECK_EQUAL(heap_count(), blocks);
    // What the heap and the table have grown to, they keep.
    size_t frames = frame_free_count();
    spawn_waiters(COUNT);
    end_waiters(COUNT);
    CHECK_EQUAL(heap_count(), blocks);
    CHECK_EQUAL(frame_free_count(), frames);
}

// --- Tasks that sleep ---------------------------------------------------

struct sleeper {
    struct future future;
    struct sleep sleep;
    uint64_t until;
};

static size_t too_early;

static enum poll run_sleeper(struct future *self, struct waker waker)
{
    struct sleeper *sleeper = (struct sleeper *)self;
    ASYNC_BEGIN(self);
    sleeper->sleep = sleep_until(sleeper->until);
    AWAIT(self, &sleeper->sleep.future, waker);
    too_early += timer_ticks() < sleeper->until;
    ASYNC_END;
}

TEST(ten_thousand_sleep)
{
    size_t tasks = executor_counts().tasks;
    size_t blocks = heap_count();
    uint64_t polls = executor_counts().polls;
    uint64_t start = timer_ticks();
    for (unsigned i = 0; i < COUNT; i++) {
        const struct sleeper sleeper = {
            .future = FUTURE(run_sleeper),
            .until = start + 50 + random_below(50),
        };
        CHECK(executor_spawn("sleeper", &sleeper.future,
                             sizeof(sleeper)));
    }
    while (executor_counts().tasks > tasks) {
        run_all_ready();
        executor_sleep();
    }
    CHECK(timer_ticks() >= start + 50);
    CHECK_EQUAL(too_early, 0);
    // Two for each, and at most one a tick for the task that wakes them.
    polls = executor_counts().polls - polls;
    CHECK(polls <= 2 * COUNT + (timer_ticks() - start) + 1);
    CHECK_EQUAL(heap_count(), blocks);
    run_all_ready();
    check_wakes_equal_polls();
}

// --- No wake is slept through -------------------------------------------

// While this is set in RFLAGS there is a debug exception after each
// instruction (Intel SDM Vol. 3B, "Single-Stepping Exception
// Condition"): an interrupt, where we want it.
enum { VECTOR_DEBUG = 1, FLAGS_TRAP = 1 << 8 };
enum { STI = 0xfb, HLT = 0xf4 }; // the instructions

static unsigned places_left; // until it happens
static void (*happens)(void);
static bool were_on;         // interrupts, one instruction before
static bool woken;
static uint64_t sleeps_before;
static uint64_t sleeps_when_woken;
static bool is_open; // an interrupt can come right before the halt

static void on_breakpoint(struct trap_frame *frame)
{
    frame->rflags ^= FLAGS_TRAP;
}

static void wake_first(void)
{
    waker_wake(wakers[0]);
}

static void tick(void)
{
    uint64_t before = timer_ticks();
    cpu_enable_interrupts();
    while (timer_ticks() == before) {
    }
    cpu_disable_interrupts();
}

static void on_step(struct trap_frame *frame)
{
    // Not right after `sti`: there no interrupt comes.
    bool are_on = (frame->rflags & FLAGS_INTERRUPTS) != 0;
    const uint8_t *next = (const uint8_t *)frame->rip;
    is_open =
        is_open || (are_on && next[0] == HLT && next[-1] != STI);
    if (are_on && were_on && places_left > 0) {
        places_left--;
        if (places_left == 0) {
            happens();
            woken = true;
            sleeps_when_woken = executor_counts().sleeps;
        }
    }
    were_on = are_on;
}

TEST(no_instruction_before_the_halt_loses_a_wake)
{
    enum { MOST = 1000 };
    interrupts_handle(VECTOR_BREAKPOINT, on_breakpoint);
    interrupts_handle(VECTOR_DEBUG, on_step);
    happens = wake_first;
    spawn_waiters(1);
    unsigned place = 0;
    unsigned halts = 0;
    do {
        place++;
        sleeps_before = executor_counts().sleeps;
        places_left = place;
        were_on = true;
        woken = false;
        cpu_breakpoint();
        executor_sleep();
        for (volatile unsigned i = 0; i < 2; i++) { // places behind it
        }
        cpu_breakpoint();
        uint64_t sleeps = executor_counts().sleeps;
        halts += sleeps != sleeps_before;
        CHECK(!woken || sleeps == sleeps_when_woken);
        CHECK_EQUAL(executor_step(), woken);
        CHECK(!executor_step());
    } while (woken && place < MOST);
    // There were places before a halt and after one, and an end.
    CHECK(place > 2 && place < MOST);
    CHECK(halts > 0 && halts < place);
    CHECK(!is_open);
    end_waiters(1);
}

// Somebody may still have the waker of a task that is ending, and use it
// between any two instructions of that.
TEST(a_wake_while_a_task_ends_leaves_nothing_behind)
{
    enum { MOST = 2000 };
    interrupts_handle(VECTOR_BREAKPOINT, on_breakpoint);
    interrupts_handle(VECTOR_DEBUG, on_step);
    happens = wake_first;
    size_t tasks = executor_counts().tasks;
    unsigned place = 0;
    do {
        place++;
        spawn_waiters(1);
        all_end = true;
        waker_wake(wakers[0]);
        places_left = place;
        were_on = true;
        woken = false;
        cpu_breakpoint();
        bool stepped = executor_step();
        cpu_breakpoint();
        CHECK(stepped);
        CHECK_EQUAL(executor_counts().tasks, tasks);
        bool is_left = executor_step();
        CHECK(!is_left);
        if (is_left) {
            break; // in memory that was given back
        }
    } while (woken && place < MOST);
    CHECK(place > 20 && place < MOST);
    check_wakes_equal_polls();
}

// The tick that a task sleeps for comes while the task goes to sleep.
TEST(no_instruction_before_a_sleep_loses_its_tick)
{
    enum { MOST = 1000 };
    interrupts_handle(VECTOR_BREAKPOINT, on_breakpoint);
    interrupts_handle(VECTOR_DEBUG, on_step);
    happens = tick;
    size_t tasks = executor_counts().tasks;
    unsigned place = 0;
    do {
        place++;
        run_all_ready();
        struct sleeper sleeper = {.future = FUTURE(run_sleeper)};
        uint64_t start = timer_ticks();
        while (timer_ticks() == start) { // so that there is time
        }
        sleeper.until = start + 2;
        run_all_ready();
        CHECK(executor_spawn("sleeper", &sleeper.future,
                             sizeof(sleeper)));
        places_left = place;
        were_on = true;
        woken = false;
        cpu_breakpoint();
        executor_step();
        cpu_breakpoint();
        while (executor_counts().tasks > tasks &&
               timer_ticks() < start + 100) {
            run_all_ready();
            executor_sleep();
        }
        CHECK_EQUAL(executor_counts().tasks, tasks);
    } while (woken && executor_counts().tasks == tasks && place < MOST);
    CHECK(place > 20 && place < MOST);
}

// Ticks at a high rate: each wakes the waiter if it has taken the last
// one, and some others.
static atomic_uint given;
static atomic_uint taken;
static atomic_uint ticks_in_vain;
static uint64_t sleeps_when_given;
static unsigned slept_through;

struct taker {
    struct future future;
};

static struct waker taker_waker;

enum { ROUNDS = 2000, PATIENCE = 1000 };

static void on_tick(struct trap_frame *frame)
{
    (void)frame;
    if (given == taken) {
        ticks_in_vain = 0;
        sleeps_when_given = executor_counts().sleeps;
        given++;
        waker_wake(taker_waker);
    } else {
        ticks_in_vain++;
    }
    for (unsigned i = 0; i < 4; i++) {
        waker_wake(wakers[(given * 7 + i * 1009) % COUNT]);
    }
}

static enum poll poll_taker(struct future *self, struct waker waker)
{
    (void)self;
    taker_waker = waker;
    if (given != taken) {
        slept_through += executor_counts().sleeps != sleeps_when_given;
        taken++;
    }
    return taken >= ROUNDS ? POLL_READY : POLL_PENDING;
}

TEST(no_tick_of_two_thousand_is_lost)
{
    size_t tasks = executor_counts().tasks;
    spawn_waiters(COUNT);
    const struct taker taker = {.future = FUTURE(poll_taker)};
    CHECK(executor_spawn("taker", &taker.future, sizeof(taker)));
    run_all_ready();
    pic_handle(IRQ_TIMER, on_tick);
    pit_start(1000);
    while (taken < ROUNDS && ticks_in_vain < PATIENCE) {
        run_all_ready();
        // So that ticks come at all moments, and not only to a CPU
        // that is halted.
        size_t spins = random_below(20000);
        for (volatile size_t i = 0; i < spins; i++) {
        }
        executor_sleep();
    }
    timer_init();
    run_all_ready();
    CHECK_EQUAL(taken, ROUNDS);
    CHECK_EQUAL(slept_through, 0);
    check_wakes_equal_polls();
    end_waiters(COUNT);
    CHECK_EQUAL(executor_counts().tasks, tasks);
}

// --- Keys -----------------------------------------------------------------

// "Write keyboard output buffer": a byte appears as if it came from the
// keyboard (IBM PC AT Technical Reference, "Keyboard Controller").
enum { DATA = 0x60, COMMAND = 0x64, WRITE_OUTPUT = 0xd2 };
enum { OUTPUT_FULL = 1 << 0, INPUT_FULL = 1 << 1 };

static void wait_until_clear(uint8_t bits)
{
    while ((io_read8(COMMAND) & bits) != 0) {
    }
}

// Returns when the interrupt has taken it.
static void send(uint8_t byte)
{
    wait_until_clear(INPUT_FULL);
    io_write8(COMMAND, WRITE_OUTPUT);
    wait_until_clear(INPUT_FULL);
    io_write8(DATA, byte);
    wait_until_clear(INPUT_FULL | OUTPUT_FULL);
}

enum { SCANCODE_A = 0x1e, RELEASED = 0x80, KEYS = 1000 };

struct reader {
    struct future future;
    struct next_key key;
    unsigned left;
};

static unsigned letters;

static enum poll run_reader(struct future *self, struct waker waker)
{
    struct reader *reader = (struct reader *)self;
    ASYNC_BEGIN(self);
    for (; reader->left > 0; reader->left--) {
        reader->key = keys_next();
        AWAIT(self, &reader->key.future, waker);
        letters += reader->key.key.character == 'a';
    }
    ASYNC_END;
}

TEST(a_key_queue_that_was_full_works_again)
{
    enum { QUEUE = 256, SENT = 1000 };
    size_t blocks = heap_count();
    size_t tasks = executor_counts().tasks;
    uint64_t lost = keys_lost();
    for (unsigned i = 0; i < SENT; i += 2) {
        send(SCANCODE_A);
        send(SCANCODE_A | RELEASED);
    }
    CHECK_EQUAL(keys_lost() - lost, SENT - QUEUE);

    const struct reader reader = {
        .future = FUTURE(run_reader),
        .left = QUEUE / 2 + KEYS,
    };
    CHECK(executor_spawn("reader", &reader.future, sizeof(reader)));
    run_all_ready();
    CHECK_EQUAL(letters, QUEUE / 2);
    for (unsigned i = 0; i < KEYS; i++) {
        send(SCANCODE_A);
        send(SCANCODE_A | RELEASED);
        run_all_ready();
        CHECK_EQUAL(letters, QUEUE / 2 + i + 1);
    }
    CHECK_EQUAL(keys_lost() - lost, SENT - QUEUE);
    CHECK_EQUAL(executor_counts().tasks, tasks);
    CHECK_EQUAL(heap_count(), blocks);
    check_wakes_equal_polls();
}

// With interrupts on until the byte was taken.
static void press_a(void)
{
    cpu_enable_interrupts();
    send(SCANCODE_A);
    cpu_disable_interrupts();
}

TEST(no_instruction_before_a_wait_loses_its_key)
{
    enum { MOST = 2000 };
    interrupts_handle(VECTOR_BREAKPOINT, on_breakpoint);
    interrupts_handle(VECTOR_DEBUG, on_step);
    happens = press_a;
    size_t tasks = executor_counts().tasks;
    unsigned place = 0;
    do {
        place++;
        run_all_ready();
        const struct reader reader = {
            .future = FUTURE(run_reader),
            .left = 1,
        };
        CHECK(executor_spawn("reader", &reader.future, sizeof(reader)));
        unsigned before = letters;
        places_left = place;
        were_on = true;
        woken = false;
        cpu_breakpoint();
        executor_step();
        cpu_breakpoint();
        run_all_ready();
        CHECK_EQUAL(letters - before, woken);
        CHECK_EQUAL(executor_counts().tasks - tasks, !woken);
    } while (woken && letters > 0 && executor_counts().tasks == tasks &&
             place < MOST);
    CHECK(place > 20 && place < MOST);
    send(SCANCODE_A); // for the last one, which still waits
    run_all_ready();
    CHECK_EQUAL(executor_counts().tasks, tasks);
}

void kernel_main(uint32_t boot_info)
{
    kernel_init(boot_info);
    run_all_ready();
    unsigned failures = test_run_all();
    serial_drain();
    qemu_exit(failures == 0 ? QEMU_SUCCESS : QEMU_FAILURE);
}
