// The atomic bump allocator, interrupted behind each of its instructions
// by a handler that uses it, too: no block is handed out twice, none is
// lost, and in the end all memory is there again.
// needs: src/mm/atomic_bump.h src/arch/interrupts.h src/test/test.c
#include "mm/atomic_bump.h"

#include <stdbool.h>

#include "arch/interrupts.h"
#include "drivers/qemu.h"
#include "drivers/serial.h"
#include "kernel/kernel.h"
#include "lib/string.h"
#include "test/test.h"

// --- The model --------------------------------------------------------

enum { ARENA_SIZE = 4096, MOST = 8 };

static _Alignas(4096) uint8_t arena[ARENA_SIZE];
static struct atomic_bump_allocator allocator;

struct block {
    uint8_t *at;
    size_t size;
};

static struct block live[MOST];
static size_t live_count;

// One mistake shows in hundreds of runs: they are counted.
static size_t mistakes;

static void expect(bool right)
{
    mistakes += !right;
}

static void *allocate(size_t size, size_t alignment)
{
    return allocator.base.allocate(&allocator.base, size, alignment);
}

static void release(struct block block)
{
    allocator.base.release(&allocator.base, block.at, block.size, 16);
}

// A block that is new: inside, and nobody else's.
static void keep(struct block block)
{
    expect(block.at != NULL);
    if (block.at == NULL) {
        return;
    }
    expect(block.at >= arena);
    expect(block.size <= (size_t)(arena + ARENA_SIZE - block.at));
    expect((uintptr_t)block.at % 16 == 0);
    for (size_t i = 0; i < live_count; i++) {
        expect(block.at + block.size <= live[i].at ||
               live[i].at + live[i].size <= block.at);
    }
    live[live_count] = block;
    live_count++;
}

// The last one in is the first one out.
static struct block forget(void)
{
    live_count--;
    return live[live_count];
}

// --- An interrupt behind every instruction ----------------------------

// The CPU raises #DB behind each instruction while this flag is set
// (Intel SDM Vol. 3B, "Single-Step Exception Condition").
enum { VECTOR_DEBUG = 1, FLAGS_TRAP = 1 << 8 };

static void begin_steps(void)
{
    __asm__ volatile("pushfq\n"
                     "orq %0, (%%rsp)\n"
                     "popfq"
                     :
                     : "i"(FLAGS_TRAP)
                     : "memory", "cc");
}

static void end_steps(void)
{
    __asm__ volatile("pushfq\n"
                     "andq %0, (%%rsp)\n"
                     "popfq"
                     :
                     : "i"(~FLAGS_TRAP)
                     : "memory", "cc");
}

static size_t steps;        // so far
static size_t strike;       // behind which step the handler does something
static void (*disturb)(void); // what

static void on_step(struct trap_frame *frame)
{
    (void)frame;
    steps++;
    if (steps == strike) {
        disturb();
    }
}

// --- What is done, and what comes in between --------------------------

static void take_one(void)
{
    keep((struct block){allocate(48, 16), 48});
}

static void give_one(void)
{
    if (live_count > 0) {
        release(forget());
    }
}

static void take_and_give(void)
{
    take_one();
    give_one();
}

static void take_two(void)
{
    take_one();
    take_one();
}

// While the interrupted code holds a block that it is giving back.
static void give_all(void)
{
    while (live_count > 0) {
        give_one();
    }
}

static void (*const disturbances[])(void) = {
    take_one, give_one, take_and_give, take_two, give_all,
};
enum { DISTURBANCES = sizeof(disturbances) / sizeof(disturbances[0]) };

// `count` blocks, and nothing else.
static void begin(size_t count)
{
    atomic_bump_init(&allocator, arena, ARENA_SIZE);
    live_count = 0;
    for (size_t i = 0; i < count; i++) {
        take_one();
    }
    steps = 0;
}

// All of it: nothing is missing.
static void end(void)
{
    give_all();
    void *all = allocate(ARENA_SIZE, 1);
    expect(all == arena);
    expect(allocate(1, 1) == NULL);
}

static void allocate_in_steps(size_t count)
{
    begin(count);
    begin_steps();
    void *at = allocate(100, 16);
    end_steps();
    keep((struct block){at, 100});
    end();
}

static void release_in_steps(size_t count)
{
    begin(count);
    struct block block = forget();
    begin_steps();
    release(block);
    end_steps();
    end();
}

// Whatever the handler does behind whichever instruction.  The code that
// it struck must have begun anew for it once, or nothing was proven.
static void prove(void (*in_steps)(size_t count))
{
    mistakes = 0;
    interrupts_handle(VECTOR_DEBUG, on_step);
    for (size_t count = 1; count <= 3; count++) {
        strike = 0;
        in_steps(count);
        size_t undisturbed = steps;
        CHECK(undisturbed > 5);
        size_t longest = 0;
        for (size_t i = 0; i < DISTURBANCES; i++) {
            disturb = disturbances[i];
            for (strike = 1; strike <= undisturbed; strike++) {
                in_steps(count);
                longest = steps > longest ? steps : longest;
            }
        }
        CHECK(longest > undisturbed);
    }
    CHECK_EQUAL(mistakes, 0);
    interrupts_handle(VECTOR_DEBUG, NULL);
}

TEST(allocating_while_interrupted)
{
    prove(allocate_in_steps);
}

TEST(releasing_while_interrupted)
{
    prove(release_in_steps);
}

void kernel_main(uint32_t boot_info)
{
    kernel_init(boot_info);
    unsigned failures = test_run_all();
    serial_drain();
    qemu_exit(failures == 0 ? QEMU_SUCCESS : QEMU_FAILURE);
}
