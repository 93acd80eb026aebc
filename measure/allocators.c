// What a block of memory costs, in instructions, and what becomes of
// the memory, for each allocator over an arena and for kmalloc() over
// the heap that the kernel was built with.
// needs: src/mm/allocator.h src/mm/bump.h src/mm/atomic_bump.h
// needs: src/mm/linked_list.h src/mm/fixed_block.h src/mm/kmalloc.h
//
// Four workloads, a line of numbers each; measure.py makes tables of
// them.  Time is the CPU's counter, which counts instructions where QEMU
// was told so.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arch/cpu.h"
#include "drivers/qemu.h"
#include "drivers/serial.h"
#include "kernel/console.h"
#include "kernel/kernel.h"
#include "kernel/panic.h"
#include "lib/string.h"
#include "mm/allocator.h"
#include "mm/atomic_bump.h"
#include "mm/bump.h"
#include "mm/fixed_block.h"
#include "mm/frame.h"
#include "mm/kmalloc.h"
#include "mm/linked_list.h"

// --- Counting ---------------------------------------------------------

struct call {
    uintptr_t function;
    uintptr_t arguments[4];
    uintptr_t result;
    uint64_t time; // between the two looks at the counter
};

// Calls a function.  In assembly, so that nothing but what stands here
// is between the two looks, whatever the compiler.
void timed_call(struct call *call);
__asm__(".text\n"
        ".type timed_call, @function\n"
        "timed_call:\n"
        "    push %rbp\n"
        "    mov %rsp, %rbp\n"
        "    push %rbx\n"
        "    push %r12\n"
        "    mov %rdi, %rbx\n"
        "    rdtsc\n"
        "    shl $32, %rdx\n"
        "    or %rax, %rdx\n"
        "    mov %rdx, %r12\n"
        "    mov 8(%rbx), %rdi\n"
        "    mov 16(%rbx), %rsi\n"
        "    mov 24(%rbx), %rdx\n"
        "    mov 32(%rbx), %rcx\n"
        "    call *(%rbx)\n"
        "    mov %rax, 40(%rbx)\n"
        "    rdtsc\n"
        "    shl $32, %rdx\n"
        "    or %rax, %rdx\n"
        "    sub %r12, %rdx\n"
        "    mov %rdx, 48(%rbx)\n"
        "    pop %r12\n"
        "    pop %rbx\n"
        "    pop %rbp\n"
        "    ret\n"
        ".type returns_at_once, @function\n"
        "returns_at_once:\n"
        "    ret\n");
_Static_assert(offsetof(struct call, result) == 40, "as above");
_Static_assert(offsetof(struct call, time) == 48, "as above");
void returns_at_once(void);

// What the calls of one kind have cost so far.
struct cost {
    uint64_t count;
    uint64_t time;
    uint64_t most;
};

static uintptr_t count(struct cost *cost, struct call call)
{
    timed_call(&call);
    cost->count++;
    cost->time += call.time;
    cost->most = call.time > cost->most ? call.time : cost->most;
    return call.result;
}

// --- What is measured -------------------------------------------------

struct subject {
    const char *name;
    struct allocator *allocator; // NULL: kmalloc()
    struct cost get;
    struct cost give;
};

enum { ALIGNMENT = 16 };

static void *get(struct subject *subject, size_t size)
{
    struct allocator *allocator = subject->allocator;
    struct call call = {(uintptr_t)kmalloc, {size}, 0, 0};
    if (allocator != NULL) {
        call = (struct call){(uintptr_t)allocator->allocate,
                             {(uintptr_t)allocator, size, ALIGNMENT},
                             0,
                             0};
    }
    void *block = (void *)count(&subject->get, call);
    // A block that is used, as a program would.
    if (block != NULL) {
        memset(block, 0x5a, size);
    }
    return block;
}

static void give(struct subject *subject, void *block, size_t size)
{
    struct allocator *allocator = subject->allocator;
    struct call call = {(uintptr_t)kfree, {(uintptr_t)block}, 0, 0};
    if (allocator != NULL) {
        call = (struct call){(uintptr_t)allocator->release,
                             {(uintptr_t)allocator, (uintptr_t)block, size,
                              ALIGNMENT},
                             0,
                             0};
    }
    count(&subject->give, call);
}

// --- What becomes of the memory ---------------------------------------

// Blocks that are there, with the sizes that were asked for.
enum { MOST = 1000, SLOTS = 256 };

struct block {
    uint8_t *at;
    size_t size;
};

static struct block blocks[MOST];

// The memory that each allocator is given: as much as in the chapter's
// tests.
enum { ARENA_SIZE = 100 << 10 };
static _Alignas(PAGE_SIZE) uint8_t arena[ARENA_SIZE];

static struct bump_allocator bump;
static struct atomic_bump_allocator atomic;
static struct linked_list_allocator list;
static struct fixed_block_allocator fixed;

// Bytes that are in no hole, bytes that wait for blocks of one size,
// and what the holes are.
struct state {
    size_t used;
    size_t waiting;
    struct hole_summary holes;
};

static size_t frames_at_first;

// False if it does not tell.
static bool state_of(const struct allocator *allocator,
                     struct state *state)
{
    *state = (struct state){0};
    if (allocator == NULL) {
        // Only the heap of pages takes frames as it needs them.
        state->used = (frames_at_first - frame_free_count()) * PAGE_SIZE;
        return true;
    }
    if (allocator == &bump.base) {
        size_t left = bump_free_bytes(&bump);
        state->holes = (struct hole_summary){left > 0, left, left};
    } else if (allocator == &list.base) {
        state->holes = linked_list_summary(&list);
    } else if (allocator == &fixed.base) {
        state->holes = linked_list_summary(&fixed.fallback);
        state->waiting = fixed_block_waiting(&fixed);
    } else {
        return false;
    }
    state->used = ARENA_SIZE - state->holes.bytes - state->waiting;
    return true;
}

// Where the holes begin that a list has: sorted, as far as it is.
static void print_holes(const char *name,
                        const struct linked_list_allocator *from)
{
    for (const struct hole *hole = from->head.next; hole != NULL;
         hole = hole->next) {
        kprintf("measure piece hole %s %zu %zu\n", name,
                (size_t)((const uint8_t *)hole - arena), hole->size);
    }
}

// The smallest class is the first.
static void print_waiting(const char *name)
{
    for (size_t class = 0; class < FIXED_BLOCK_CLASSES; class++) {
        for (const struct free_block *free = fixed.free[class];
             free != NULL; free = free->next) {
            kprintf("measure piece waiting %s %zu %zu\n", name,
                    (size_t)((const uint8_t *)free - arena),
                    (size_t)16 << class);
        }
    }
}

// The arena, piece by piece, for a figure.
static void print_map(const struct subject *subject)
{
    for (size_t i = 0; i < SLOTS; i++) {
        if (blocks[i].at != NULL) {
            kprintf("measure piece block %s %zu %zu\n", subject->name,
                    (size_t)(blocks[i].at - arena), blocks[i].size);
        }
    }
    if (subject->allocator == &bump.base) {
        kprintf("measure piece hole %s 0 %zu\n", subject->name,
                bump_free_bytes(&bump));
    } else if (subject->allocator == &list.base) {
        print_holes(subject->name, &list);
    } else if (subject->allocator == &fixed.base) {
        print_holes(subject->name, &fixed.fallback);
        print_waiting(subject->name);
    }
}

static void print_state(const struct subject *subject,
                        const char *workload, const char *when)
{
    size_t asked = 0;
    for (size_t i = 0; i < MOST; i++) {
        asked += blocks[i].at != NULL ? blocks[i].size : 0;
    }
    struct state state;
    if (state_of(subject->allocator, &state)) {
        kprintf("measure state %s %s %s %zu %zu %zu %zu %zu %zu\n",
                subject->name, workload, when, asked, state.used,
                state.waiting, state.holes.count, state.holes.largest,
                state.holes.bytes);
    }
}

// --- The workloads ----------------------------------------------------

// The generator `xorshift64*`.
static uint64_t random_state;

static size_t random_below(size_t limit)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (random_state * UINT64_C(0x2545f4914f6cdd1d) >> 32) % limit;
}

// False if there is no memory.
static bool put(struct subject *subject, size_t slot, size_t size)
{
    blocks[slot] = (struct block){get(subject, size), size};
    return blocks[slot].at != NULL;
}

static void take(struct subject *subject, size_t slot)
{
    if (blocks[slot].at != NULL) {
        give(subject, blocks[slot].at, blocks[slot].size);
        blocks[slot].at = NULL;
    }
}

// Each returns whether there was memory for all of it, and calls
// print_state() where there is something to see.

static bool pairs(struct subject *subject)
{
    for (unsigned i = 0; i < 1000; i++) {
        if (!put(subject, 0, 64)) {
            return false;
        }
        if (i == 999) {
            print_state(subject, "pairs", "held");
        }
        take(subject, 0);
    }
    return true;
}

static bool shuffled(struct subject *subject)
{
    enum { COUNT = MOST };
    for (size_t i = 0; i < COUNT; i++) {
        if (!put(subject, i, 64)) {
            return false;
        }
    }
    for (size_t left = COUNT; left > 0; left--) {
        size_t other = random_below(left);
        struct block last = blocks[left - 1];
        blocks[left - 1] = blocks[other];
        blocks[other] = last;
        take(subject, left - 1);
        if (left == COUNT / 2 + 1) {
            print_state(subject, "shuffled", "held");
        }
    }
    return true;
}

static bool slots(struct subject *subject)
{
    for (unsigned step = 0; step < 20000; step++) {
        size_t slot = random_below(SLOTS);
        size_t size = 8 + random_below(512 - 8 + 1);
        if (blocks[slot].at != NULL) {
            take(subject, slot);
        } else if (!put(subject, slot, size)) {
            return false;
        }
    }
    print_state(subject, "slots", "held");
    return true;
}

// The bytes that a vector moves are not counted: they are the same with
// every allocator.
static bool vector(struct subject *subject)
{
    for (unsigned round = 0; round < 100; round++) {
        size_t place = 0;
        for (size_t size = 64; size <= 32 << 10; size *= 2) {
            if (!put(subject, 1 - place, size)) {
                return false;
            }
            take(subject, place);
            place = 1 - place;
        }
        if (round == 99) {
            print_state(subject, "vector", "held");
        }
        take(subject, place);
    }
    return true;
}

struct workload {
    const char *name;
    bool (*run)(struct subject *subject);
};

static const struct workload workloads[] = {
    {"pairs", pairs},
    {"shuffled", shuffled},
    {"slots", slots},
    {"vector", vector},
};

static void print_cost(const struct subject *subject,
                       const char *workload, const char *what,
                       const struct cost *cost)
{
    kprintf("measure cost %s %s %s %llu %llu %llu\n", subject->name,
            workload, what, (unsigned long long)cost->count,
            (unsigned long long)cost->time,
            (unsigned long long)cost->most);
}

static void measure(struct subject *subject,
                    const struct workload *workload)
{
    random_state = 1;
    frames_at_first = frame_free_count();
    memset(blocks, 0, sizeof(blocks));
    subject->get = (struct cost){0};
    subject->give = (struct cost){0};
    bool enough = workload->run(subject);
    if (!enough) {
        kprintf("measure full %s %s %llu\n", subject->name,
                workload->name, (unsigned long long)subject->get.count);
        print_state(subject, workload->name, "held");
    }
    if (subject->allocator != NULL && workload->run == slots) {
        print_map(subject);
    }
    print_cost(subject, workload->name, "get", &subject->get);
    print_cost(subject, workload->name, "give", &subject->give);
    for (size_t i = 0; i < MOST; i++) {
        take(subject, i);
    }
    print_state(subject, workload->name, "back");
}

static void begin_anew(const struct allocator *allocator)
{
    if (allocator == &bump.base) {
        bump_init(&bump, arena, ARENA_SIZE);
    } else if (allocator == &atomic.base) {
        atomic_bump_init(&atomic, arena, ARENA_SIZE);
    } else if (allocator == &list.base) {
        linked_list_init(&list, arena, ARENA_SIZE);
    } else if (allocator == &fixed.base) {
        fixed_block_init(&fixed, arena, ARENA_SIZE);
    }
}

static void measure_all(const char *name, struct allocator *allocator)
{
    for (size_t i = 0; i < sizeof(workloads) / sizeof(workloads[0]); i++) {
        struct subject subject = {.name = name, .allocator = allocator};
        begin_anew(allocator);
        measure(&subject, &workloads[i]);
    }
}

static void measure_nothing(void)
{
    struct call call = {.function = (uintptr_t)returns_at_once};
    for (unsigned i = 0; i < 3; i++) {
        timed_call(&call);
        kprintf("measure nothing %llu\n", (unsigned long long)call.time);
    }
}

void kernel_main(uint32_t boot_info)
{
    kernel_init(boot_info);
    cpu_disable_interrupts();
    measure_nothing();
    measure_all("bump", &bump.base);
    measure_all("atomic", &atomic.base);
    measure_all("list", &list.base);
    measure_all("block", &fixed.base);
    measure_all("kmalloc", NULL);
    serial_drain();
    qemu_exit(QEMU_SUCCESS);
}
