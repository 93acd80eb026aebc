// Frames, over generated free lists and traffic: each is handed out to
// one at a time, nothing else ever is, and mistakes are noticed.  And
// what it costs: memory says which of its pages are touched.
// needs: src/mm/frame.h src/mm/frame.c src/lib/ranges.h src/lib/ranges.c
#include "mm/frame.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <sys/mman.h>
#include <unistd.h>

#include "host.h"
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

// The list, and the whole pages in it, one by one.
enum { MOST = 140000 };
static struct ranges list;
static uint64_t pages[MOST];
static size_t page_count;

static void clear_list(void)
{
    list.count = 0;
    page_count = 0;
}

// Behind the others.
static void append(uint64_t start, uint64_t end)
{
    list.list[list.count++] = (struct range){start, end};
    for (uint64_t page = start / PAGE_SIZE; page <= (end - 1) / PAGE_SIZE;
         page++) {
        if (page * PAGE_SIZE >= start &&
            page * PAGE_SIZE + (PAGE_SIZE - 1) < end) {
            pages[page_count++] = page;
        }
    }
}

// Up to `count` ranges from `at` on, few of them with ends on whole
// pages, many too small for one.
static void append_some(uint64_t at, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        uint64_t gap = 1 + host_random_below(2 * PAGE_SIZE);
        uint64_t size = 1 + host_random_below(3 * PAGE_SIZE);
        if (host_random_below(4) == 0) {
            size = (1 + host_random_below(30)) * PAGE_SIZE;
        }
        if (host_random_below(4) == 0) {
            gap += PAGE_SIZE - (at + gap) % PAGE_SIZE;
        }
        if (at >= UINT64_MAX - gap) {
            return;
        }
        at += gap;
        size = at < UINT64_MAX - size ? size : UINT64_MAX - at;
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

// Where the bits have to be: that many pages in a row, in the first
// range that has them below `phys_reach`.  Returns the first page of
// that range in the list, or page_count.
static size_t range_with_room(size_t needed)
{
    size_t first = 0;
    for (size_t i = 0; i < list.count; i++) {
        size_t count = 0;
        while (first + count < page_count &&
               pages[first + count] * PAGE_SIZE < list.list[i].end) {
            count++;
        }
        if (count >= needed &&
            (pages[first + needed - 1] + 1) * PAGE_SIZE <= phys_reach) {
            return first;
        }
        first += count;
    }
    return page_count;
}

static size_t bit_frames(void)
{
    enum { BITS = 8 * PAGE_SIZE };
    return (page_count + BITS - 1) / BITS;
}

// --- All of them ------------------------------------------------------

// The pages that frame_init() took for itself.
static bool kept[MOST];

// Takes all frames: they come in order, and are those of the list but
// for the bits.
static void take_all(void)
{
    phys_addr_t frame;
    size_t taken = 0;
    size_t at = 0;
    memset(kept, true, sizeof(kept));
    while (frame_allocate(&frame)) {
        bool found = find_page(frame.value, &at);
        CHECK(found);
        if (!found) {
            return;
        }
        kept[at++] = false;
        taken++;
        CHECK_EQUAL(frame_free_count(), frame_count() - taken);
    }
    CHECK_EQUAL(taken, frame_count());
    CHECK(!frame_allocate(&frame));
}

static void check_kept(void)
{
    size_t first = range_with_room(bit_frames());
    size_t count = 0;
    for (size_t i = 0; i < page_count; i++) {
        if (kept[i]) {
            // In a row, from the range that has room for them all.
            CHECK(i >= first && pages[i] - pages[first] == i - first);
            CHECK((pages[i] + 1) * PAGE_SIZE <= phys_reach);
            CHECK(count == 0 || kept[i - 1]);
            count++;
        }
    }
    CHECK_EQUAL(count, bit_frames());
}

// Only the bits were touched: no frame has been.
static void check_touched(void)
{
    for (size_t i = 0; i < touches && i < TOUCHED_MAX; i++) {
        size_t at = 0;
        CHECK(find_page(touched[i], &at) && kept[at]);
    }
}

static void init_and_take_all(void)
{
    watch();
    frame_init(&list);
    CHECK_EQUAL(touches, 0);
    CHECK_EQUAL(frame_count(), page_count - bit_frames());
    CHECK_EQUAL(frame_free_count(), frame_count());
    take_all();
    check_kept();
    check_touched();
}

static bool has_room(void)
{
    return page_count > 0 && range_with_room(bit_frames()) < page_count;
}

TEST(frames_are_those_of_the_list)
{
    switch_on();
    for (unsigned i = 0; i < 1000; i++) {
        clear_list();
        append_some(host_random_below(1 << 26), host_random_below(64));
        // Many a range is behind what can be reached, or across it.
        phys_reach = MEMORY_SIZE;
        if (i % 2 == 0 && page_count > 0) {
            size_t last = host_random_below((unsigned)page_count);
            phys_reach = (pages[last] + 1) * PAGE_SIZE;
        }
        if (has_room()) {
            init_and_take_all();
        } else {
            EXPECT_PANIC(frame_init(&list));
        }
    }
}

// So are those that no machine has yet.
TEST(frames_are_at_any_address)
{
    switch_on();
    for (unsigned i = 0; i < 300; i++) {
        clear_list();
        append_some(1 << 20, 1 + host_random_below(20));
        unsigned room = (unsigned)(60 - list.count);
        append_some(UINT64_C(1) << (40 + i % 24),
                    host_random_below(room / 2));
        append_some(UINT64_MAX - host_random_below(200 * PAGE_SIZE),
                    room / 2);
        if (has_room()) {
            init_and_take_all();
        }
    }
}

TEST(frames_are_all_there_in_a_list_of_64_ranges)
{
    switch_on();
    clear_list();
    for (uint64_t i = 0; i < RANGES_MAX; i++) {
        append((1 + 2 * i) * PAGE_SIZE, (2 + 2 * i) * PAGE_SIZE);
    }
    init_and_take_all();
    CHECK_EQUAL(frame_count(), RANGES_MAX - 1);
    EXPECT_PANIC(frame_free((phys_addr_t){1 << 30}));
    phys_reach = PAGE_SIZE;
    EXPECT_PANIC(frame_init(&list));
}

// Bits that take several frames: none of the first ranges has the room.
TEST(frames_of_large_lists_have_their_bits_in_a_row)
{
    enum { BITS = 8 * PAGE_SIZE };
    switch_on();
    for (unsigned i = 0; i < 6; i++) {
        uint64_t at = UINT64_C(1) << 36;
        uint64_t count = (1 + i / 2) * BITS + i % 2;
        clear_list();
        append(1 << 20, (1 << 20) + PAGE_SIZE);
        append(1 << 21, (1 << 21) + 2 * PAGE_SIZE);
        append(1 << 22, (1 << 22) + 3 * PAGE_SIZE);
        append(at, at + (count - 6) * PAGE_SIZE);
        init_and_take_all();
    }
}

TEST(frames_need_room_for_their_bits)
{
    switch_on();
    clear_list();
    EXPECT_PANIC(frame_init(&list));
    CHECK(strstr(host_panic_text(), "no frame is free") != NULL);
    append(1 << 20, (1 << 20) + 4 * PAGE_SIZE);
    phys_reach = 1 << 20;
    EXPECT_PANIC(frame_init(&list));
    phys_reach = (1 << 20) + PAGE_SIZE - 1;
    EXPECT_PANIC(frame_init(&list));
    phys_reach = (1 << 20) + PAGE_SIZE;
    frame_init(&list);
    CHECK_EQUAL(frame_count(), 3);
}

// --- Traffic ----------------------------------------------------------

enum state { KEPT, FRESH, OUT, BACK };
static enum state states[MOST];
static size_t next_fresh, back_count;

// Finds out what the allocator keeps, leaves garbage in it, and begins.
static void begin(void)
{
    frame_init(&list);
    take_all();
    for (size_t i = 0; i < page_count; i++) {
        states[i] = kept[i] ? KEPT : FRESH;
        if (kept[i]) {
            memset(bytes_at(pages[i]), (int)host_random(), PAGE_SIZE);
        }
    }
    next_fresh = back_count = 0;
    frame_init(&list);
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
    memset(bytes_at(pages[at]), mark_of(at), PAGE_SIZE);
}

// Nobody but its owner has written to it.
static void free_one(size_t at)
{
    static uint8_t expected[PAGE_SIZE];
    memset(expected, mark_of(at), PAGE_SIZE);
    CHECK(memcmp(bytes_at(pages[at]), expected, PAGE_SIZE) == 0);
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
    if (!found || states[at] == FRESH || states[at] == KEPT) {
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
    uint64_t edge = range->start / PAGE_SIZE + host_random_below(3) - 1;
    switch (host_random_below(5)) {
    case 0:
        return page * PAGE_SIZE;
    case 1:
        return page * PAGE_SIZE + 1 + host_random_below(PAGE_SIZE - 1);
    case 2:
        return edge * PAGE_SIZE;
    case 3:
        edge = range->end / PAGE_SIZE + host_random_below(3) - 1;
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
    CHECK_EQUAL(frame_count(), page_count - bit_frames());
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
        append_some(1 << 20, 1 + host_random_below(64));
        if (!has_room()) {
            continue;
        }
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

TEST(frames_outside_the_list_are_refused)
{
    switch_on();
    clear_list();
    append(1 << 20, (1 << 20) + 4 * PAGE_SIZE);
    append(1 << 21, (1 << 21) + 4 * PAGE_SIZE);
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
    enum { FIRST = 1 << 20, COUNT = 16 };
    switch_on();
    clear_list();
    append(FIRST, FIRST + COUNT * PAGE_SIZE);
    begin();
    uint64_t bits = 0;
    for (size_t i = 0; i < page_count; i++) {
        bits = states[i] == KEPT ? pages[i] * PAGE_SIZE : bits;
    }
    for (unsigned before = 0; before < 3; before++) {
        for (unsigned i = 0; i < 400; i++) {
            frame_init(&list);
            phys_addr_t out = take();
            phys_addr_t others_back[3] = {take(), take(), take()};
            phys_addr_t written = take();
            uint64_t fresh = written.value + PAGE_SIZE;
            uint64_t odd = written.value + 1 + i % (PAGE_SIZE - 1);
            uint64_t values[] = {0, 1, out.value, bits, fresh, odd,
                                 FIRST - PAGE_SIZE, host_random()};
            for (unsigned n = 0; n < before; n++) {
                frame_free(others_back[n]);
            }
            frame_free(written);
            write_and_allocate(written,
                               values[i % (sizeof(values) / 8)]);
        }
    }
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
    list.count = 0;
    ranges_add(&list, (struct range){1 << 20, size});
    watch();
    frame_init(&list);
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
            CHECK_EQUAL(costs[0][round][i], costs[1][round][i]);
            // The frame, its bit, and the bit of the next.
            CHECK(costs[0][round][i] >= 1 && costs[0][round][i] <= 3);
        }
    }
}

// Their bits are pages apart: whoever looked through them would touch
// them all.
TEST(frames_cost_the_same_however_many_are_out)
{
    enum { OUT_COUNT = 300000, STEP = 2000 };
    static phys_addr_t out[OUT_COUNT];
    switch_on();
    list.count = 0;
    ranges_add(&list, (struct range){1 << 20, MEMORY_SIZE});
    frame_init(&list);
    for (unsigned i = 0; i < OUT_COUNT; i++) {
        out[i] = take();
    }
    for (unsigned i = 0; i < OUT_COUNT; i += STEP) {
        CHECK(cost_of_freeing(out[i]) <= 3);
    }
    for (unsigned i = 0; i < OUT_COUNT; i += STEP) {
        CHECK(cost_of_allocating(&out[i]) <= 3);
    }
    CHECK_EQUAL(cost_of_allocating(&out[0]), 1);
    CHECK(cost_of_freeing(out[0]) <= 2);
}
