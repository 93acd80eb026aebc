// Frames, over generated memory and traffic: each is handed out to one
// at a time, nothing else ever is, and mistakes are noticed.  And what it
// costs: memory says which of its pages are touched.
// needs: src/mm/frame.h src/mm/frame.c src/mm/memory_map.h
#include "mm/frame.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <sys/mman.h>
#include <unistd.h>

#include "host.h"
#include "mm/memory_map.h"
#include "test/test.h"

// --- Memory -----------------------------------------------------------

// Physical addresses from 0 on.  It costs nothing until it is touched:
// the first access to a page is a fault, which is counted, and then the
// page is there.
#define MEMORY_SIZE (UINT64_C(1) << 40)
static uint8_t *memory;

enum { TOUCHED_MAX = 1024 };
static uint64_t touched[TOUCHED_MAX]; // addresses of pages
static size_t touches;

static struct sigaction others;

static void on_fault(int number, siginfo_t *info, void *context)
{
    (void)context;
    uintptr_t offset = (uintptr_t)info->si_addr - (uintptr_t)memory;
    if (offset >= MEMORY_SIZE) {
        sigaction(number, &others, NULL); // it happens again, to them
        return;
    }
    uintptr_t size = (uintptr_t)sysconf(_SC_PAGESIZE);
    offset -= offset % size;
    mprotect(memory + offset, size, PROT_READ | PROT_WRITE);
    if (touches < TOUCHED_MAX) {
        touched[touches] = offset;
    }
    touches++;
}

// From now on every first access to a page counts again.
static void watch(void)
{
    mprotect(memory, MEMORY_SIZE, PROT_NONE);
    touches = 0;
}

static void switch_on(void)
{
    if (memory == NULL) {
        void *space =
            mmap(NULL, MEMORY_SIZE, PROT_NONE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (space == MAP_FAILED) {
            test_fail("this machine has not enough address space");
        }
        memory = space;
        struct sigaction action = {.sa_flags = SA_SIGINFO};
        action.sa_sigaction = on_fault;
        sigaction(SIGSEGV, &action, &others);
        sigaction(SIGBUS, &action, NULL); // what others call it
    }
    madvise(memory, MEMORY_SIZE, MADV_DONTNEED);
    phys_window = (uintptr_t)memory;
    phys_reach = MEMORY_SIZE;
    watch();
}

static uint8_t *bytes_at(uint64_t page)
{
    return memory + page * PAGE_SIZE;
}

// --- Free lists -------------------------------------------------------

// Ranges of pages, in order; and the same pages one by one.  Large lists
// are not written down a second time.
enum { MOST = 140000, RANGES_MAX = 64 };
static struct {
    size_t count;
    struct range list[RANGES_MAX];
} list;
static uint64_t pages[MOST];
static size_t page_count;

static void clear_list(void)
{
    list.count = 0;
    page_count = 0;
}

// Behind the others; numbers of pages.
static void append(uint64_t start, uint64_t end)
{
    list.list[list.count++] = (struct range){start, end};
    for (uint64_t page = start; page < end && page_count < MOST; page++) {
        pages[page_count++] = page;
    }
}

// The map of memory that the allocator sees.
enum ram memory_map_at(uint64_t page)
{
    for (size_t i = 0; i < list.count; i++) {
        if (page >= list.list[i].start && page < list.list[i].end) {
            return RAM_FREE;
        }
    }
    return page % 3 == 0 ? RAM_NONE : RAM_USED;
}

// Not always as far as it could be.
uint64_t memory_map_next(uint64_t page)
{
    uint64_t next = MEMORY_MAP_END;
    for (size_t i = 0; i < list.count; i++) {
        const struct range *range = &list.list[i];
        if (range->start > page && range->start < next) {
            next = range->start;
        }
        if (range->end > page && range->end < next) {
            next = range->end;
        }
    }
    return host_random_below(2) == 0 ? next : page + (next - page + 1) / 2;
}

// Up to `count` ranges from page `at` on.
static void append_some(uint64_t at, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        at += 1 + host_random_below(3);
        uint64_t size = 1 + host_random_below(3);
        if (host_random_below(4) == 0) {
            size += host_random_below(30);
        }
        if (at >= MEMORY_MAP_END - size) {
            return;
        }
        append(at, at + size);
        at += size;
    }
}

// Whether `frame` is page number *at of the list or one behind it, and
// which.
static bool find_page(uint64_t address, size_t *at)
{
    while (*at < page_count && pages[*at] * PAGE_SIZE != address) {
        (*at)++;
    }
    return *at < page_count;
}

// --- All of them ------------------------------------------------------

// Takes all frames: they come in order, and are those of the list.
static void take_all(void)
{
    phys_addr_t frame;
    for (size_t i = 0; i < page_count; i++) {
        CHECK(frame_allocate(&frame));
        CHECK_EQUAL(frame.value, pages[i] * PAGE_SIZE);
        CHECK_EQUAL(frame_free_count(), page_count - i - 1);
    }
    CHECK(!frame_allocate(&frame));
}

static void init_and_take_all(void)
{
    watch();
    frame_init();
    CHECK_EQUAL(touches, 0);
    CHECK_EQUAL(frame_count(), page_count);
    CHECK_EQUAL(frame_free_count(), page_count);
    take_all();
    CHECK_EQUAL(touches, page_count);
}

TEST(frames_are_those_of_the_map)
{
    switch_on();
    for (unsigned i = 0; i < 1000; i++) {
        clear_list();
        append_some(host_random_below(1 << 14), host_random_below(64));
        init_and_take_all();
    }
}

// There are such addresses, if no such memory.
TEST(frames_at_the_last_address)
{
    switch_on();
    clear_list();
    append(1, 2);
    append(MEMORY_MAP_END - 3, MEMORY_MAP_END);
    phys_window = (uintptr_t)memory + 4 * PAGE_SIZE;
    phys_reach = UINT64_MAX;
    init_and_take_all();
    CHECK_EQUAL(frame_count(), 4);
}

// The first frame that cannot be reached is no frame.
TEST(frames_that_cannot_be_reached_are_not_handed_out)
{
    switch_on();
    clear_list();
    append(1, 3);
    phys_reach = 2 * PAGE_SIZE;
    frame_init();
    phys_addr_t frame;
    CHECK(frame_allocate(&frame));
    EXPECT_PANIC(CHECK(frame_allocate(&frame)));
}

// --- Traffic ----------------------------------------------------------

enum state { FRESH, OUT, BACK };
static enum state states[MOST];
static bool written[MOST];
static size_t next_fresh, back_count;

// Whatever memory holds, from an allocator before, too.
static void begin(void)
{
    frame_init();
    take_all();
    for (size_t i = 0; i < page_count; i++) {
        states[i] = FRESH;
        if (i % 2 == 0) {
            frame_free((phys_addr_t){pages[i] * PAGE_SIZE});
        } else {
            memset(bytes_at(pages[i]), (int)host_random(), PAGE_SIZE);
        }
    }
    next_fresh = back_count = 0;
    frame_init();
}

static uint8_t mark_of(size_t at)
{
    return (uint8_t)(pages[at] * 7 + 1);
}

static void allocate(void)
{
    while (next_fresh < page_count && states[next_fresh] != FRESH) {
        next_fresh++;
    }
    phys_addr_t frame = {0};
    bool expected = back_count > 0 || next_fresh < page_count;
    bool got = frame_allocate(&frame);
    CHECK_EQUAL(got, expected);
    if (!got) {
        return;
    }
    size_t at = 0;
    CHECK(find_page(frame.value, &at));
    if (back_count > 0) {
        CHECK_EQUAL(states[at], BACK);
        back_count--;
    } else {
        CHECK_EQUAL(at, next_fresh);
    }
    states[at] = OUT;
    // Some owners write nothing at all.
    written[at] = host_random_below(4) != 0;
    if (written[at]) {
        memset(bytes_at(pages[at]), mark_of(at), PAGE_SIZE);
    }
}

// Nobody but its owner has written to it.
static void free_one(size_t at)
{
    static uint8_t expected[PAGE_SIZE];
    memset(expected, mark_of(at), PAGE_SIZE);
    CHECK(!written[at] ||
          memcmp(bytes_at(pages[at]), expected, PAGE_SIZE) == 0);
    frame_free((phys_addr_t){pages[at] * PAGE_SIZE});
    states[at] = BACK;
    back_count++;
}

static void expect_refusal(uint64_t address, const char *why)
{
    EXPECT_PANIC(frame_free((phys_addr_t){address}));
    CHECK(strstr(host_panic_text(), why) != NULL);
    char number[32];
    snprintf(number, sizeof(number), "0x%" PRIx64, address);
    CHECK(strstr(host_panic_text(), number) != NULL);
}

// Everything that is not out is refused, whatever it is.
static void free_wrongly(uint64_t address)
{
    size_t at = 0;
    bool found = find_page(address, &at);
    if (!found || states[at] == FRESH) {
        expect_refusal(address, "never");
    } else if (states[at] == BACK) {
        expect_refusal(address, "twice");
    }
}

static uint64_t any_wrong_address(void)
{
    const struct range *range =
        &list.list[host_random_below((unsigned)list.count)];
    uint64_t page = pages[host_random_below((unsigned)page_count)];
    uint64_t edge = range->start + host_random_below(3) - 1;
    switch (host_random_below(5)) {
    case 0:
        return page * PAGE_SIZE;
    case 1:
        return page * PAGE_SIZE + 1 + host_random_below(PAGE_SIZE - 1);
    case 2:
        return edge * PAGE_SIZE;
    case 3:
        edge = range->end + host_random_below(3) - 1;
        return edge * PAGE_SIZE;
    default:
        return host_random() >> host_random_below(64);
    }
}

static void check_counts(void)
{
    size_t free = 0;
    for (size_t i = 0; i < page_count; i++) {
        free += states[i] == FRESH || states[i] == BACK;
    }
    CHECK_EQUAL(frame_free_count(), free);
    CHECK_EQUAL(frame_count(), page_count);
}

static void go_on(unsigned count)
{
    // Which way the tide goes.
    unsigned most = 1 + host_random_below(7);
    for (unsigned i = 0; i < count; i++) {
        size_t at = host_random_below((unsigned)page_count);
        if (host_random_below(8) < most) {
            allocate();
        } else if (states[at] == OUT) {
            free_one(at);
        }
        if (i % 4 == 0) {
            free_wrongly(any_wrong_address());
        }
    }
    check_counts();
}

TEST(frames_have_one_owner_at_a_time)
{
    switch_on();
    for (unsigned i = 0; i < 60; i++) {
        clear_list();
        append_some(1 << 8, 1 + host_random_below(64));
        begin();
        for (unsigned n = 0; n < 12; n++) {
            go_on(60);
        }
        while (frame_free_count() > 0) {
            allocate();
        }
        allocate();
        check_counts();
    }
}

TEST(frames_outside_the_map_are_refused)
{
    switch_on();
    clear_list();
    append(1 << 8, (1 << 8) + 4);
    append(1 << 9, (1 << 9) + 4);
    begin();
    for (unsigned taken = 0; taken < 8; taken++) {
        for (size_t i = 0; i < page_count; i++) {
            uint64_t page = pages[i] * PAGE_SIZE;
            free_wrongly(page);
            free_wrongly(page - PAGE_SIZE);
            free_wrongly(page + PAGE_SIZE);
            for (uint64_t bit = 1; bit != 0; bit *= 2) {
                free_wrongly(page ^ bit);
            }
        }
        allocate();
    }
}

// --- Writing to what was given back -----------------------------------

static phys_addr_t take(void)
{
    phys_addr_t frame = {0};
    CHECK(frame_allocate(&frame));
    return frame;
}

// Writes `value` all over the frame that came back last, and asks for a
// frame until it must be noticed.
static void write_and_allocate(phys_addr_t frame, uint64_t value)
{
    for (uint64_t i = 0; i < PAGE_SIZE; i += sizeof(value)) {
        memcpy(memory + frame.value + i, &value, sizeof(value));
    }
    phys_addr_t next;
    EXPECT_PANIC(CHECK(frame_allocate(&next)));
    CHECK(strstr(host_panic_text(), "written to") != NULL);
}

TEST(frames_that_were_written_to_after_all_are_noticed)
{
    enum { FIRST = 1 << 8, COUNT = 16 };
    switch_on();
    clear_list();
    append(FIRST, FIRST + COUNT);
    begin();
    for (unsigned before = 0; before < 3; before++) {
        for (unsigned i = 0; i < 400; i++) {
            frame_init();
            phys_addr_t out = take();
            phys_addr_t others_back[3] = {take(), take(), take()};
            phys_addr_t written_to = take();
            uint64_t fresh_one = written_to.value + PAGE_SIZE;
            uint64_t odd = written_to.value + 1 + i % (PAGE_SIZE - 1);
            uint64_t values[] = {0, 1, out.value, UINT64_MAX, fresh_one,
                                 odd, FIRST - 1, host_random()};
            for (unsigned n = 0; n < before; n++) {
                frame_free(others_back[n]);
            }
            frame_free(written_to);
            write_and_allocate(written_to,
                               values[i % (sizeof(values) / 8)]);
        }
    }
}

// Even a single word of it, and if it is given back a second time then:
// nobody gets it twice.
TEST(frames_that_were_written_to_have_no_two_owners)
{
    enum { FIRST = 1 << 8, COUNT = 16 };
    switch_on();
    clear_list();
    append(FIRST, FIRST + COUNT);
    for (unsigned word = 0; word < 2; word++) {
        frame_init();
        phys_addr_t one = take();
        frame_free(one);
        bytes_at(one.value / PAGE_SIZE)[8 * word] ^= 1;
        phys_addr_t next;
        EXPECT_PANIC(CHECK(frame_allocate(&next)));

        frame_init();
        one = take();
        frame_free(one);
        memset(bytes_at(one.value / PAGE_SIZE), 0, 16);
        frame_free(one);
        CHECK(frame_allocate(&next));
        EXPECT_PANIC(CHECK(frame_allocate(&next)));
    }
}

// A copy of a frame that is back is no such frame.
TEST(frames_with_the_content_of_freed_ones_can_be_freed)
{
    switch_on();
    clear_list();
    append(1 << 8, (1 << 8) + 4);
    frame_init();
    phys_addr_t one = take();
    phys_addr_t other = take();
    frame_free(one);
    memcpy(memory + other.value, memory + one.value, PAGE_SIZE);
    frame_free(other);
    CHECK_EQUAL(frame_free_count(), 4);
    CHECK_EQUAL(take().value, other.value);
    CHECK_EQUAL(take().value, one.value);
}

// --- What it costs ----------------------------------------------------

// How many pages each call touched.
enum { CALLS = 40, ROUNDS = 4, MANY = 5000 };
static unsigned char costs[2][ROUNDS][CALLS];

static phys_addr_t held[CALLS];

static unsigned char cost_of_allocating(phys_addr_t *frame)
{
    watch();
    CHECK(frame_allocate(frame));
    return (unsigned char)touches;
}

static unsigned char cost_of_freeing(phys_addr_t frame)
{
    watch();
    frame_free(frame);
    return (unsigned char)touches;
}

static void allocate_some(unsigned char *cost)
{
    for (unsigned i = 0; i < CALLS; i++) {
        cost[i] = cost_of_allocating(&held[i]);
    }
}

static void free_some(unsigned char *cost)
{
    for (unsigned i = 0; i < CALLS; i++) {
        cost[i] = cost_of_freeing(held[i]);
    }
}

// So that the list of those that came back is long.
static void take_and_return_many(void)
{
    static phys_addr_t many[MANY];
    for (unsigned i = 0; i < MANY; i++) {
        many[i] = take();
    }
    for (unsigned i = 0; i < MANY; i++) {
        frame_free(many[i]);
    }
}

static void measure(uint64_t size, unsigned char cost[ROUNDS][CALLS])
{
    switch_on();
    list.count = 1;
    list.list[0] = (struct range){1 << 8, size >> PAGE_BITS};
    watch();
    frame_init();
    CHECK_EQUAL(touches, 0);
    allocate_some(cost[0]);
    free_some(cost[1]);
    take_and_return_many();
    allocate_some(cost[2]);
    free_some(cost[3]);
}

TEST(frames_cost_the_same_however_many_there_are)
{
    measure(UINT64_C(32) << 20, costs[0]);
    measure(MEMORY_SIZE, costs[1]);
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < CALLS; i++) {
            // No page but the frame itself.
            CHECK_EQUAL(costs[0][round][i], 1);
            CHECK_EQUAL(costs[1][round][i], 1);
        }
    }
}
