// Lists of ranges against a row of bits, one for each address, over
// generated changes; the list is as sorted and as short as it promises.
// needs: src/lib/ranges.h src/lib/ranges.c
#include "lib/ranges.h"

#include <string.h>

#include "host.h"
#include "test/test.h"

// --- The model --------------------------------------------------------

// A window of CELLS cells, the last of which stays empty.  Each is some
// addresses from `base` on: the code under test sees numbers of 64 bits,
// the model sees few.
enum { CELLS = 320 };

static bool in[CELLS];
static uint64_t base, scale;
static struct ranges ranges;

static uint64_t address_of(unsigned cell)
{
    return base + cell * scale;
}

// Part of the window; `from` may be above `to`.
struct cells {
    unsigned from, to;
};

static struct range range_of(struct cells cells)
{
    return (struct range){address_of(cells.from), address_of(cells.to)};
}

static void set(struct cells cells, bool value)
{
    for (unsigned i = cells.from; i < cells.to; i++) {
        in[i] = value;
    }
}

static bool all_set(struct cells cells)
{
    for (unsigned i = cells.from; i < cells.to; i++) {
        if (!in[i]) {
            return false;
        }
    }
    return true;
}

// The row of set cells that begins at or above `from`; empty at the end.
static struct cells next_row(unsigned from)
{
    while (from < CELLS && !in[from]) {
        from++;
    }
    struct cells row = {from, from};
    while (row.to < CELLS && in[row.to]) {
        row.to++;
    }
    return row;
}

static unsigned count_rows(void)
{
    unsigned count = 0;
    struct cells row = next_row(0);
    while (row.from < row.to) {
        count++;
        row = next_row(row.to);
    }
    return count;
}

static unsigned shortest_row(void)
{
    unsigned shortest = CELLS;
    struct cells row = next_row(0);
    while (row.from < row.to) {
        unsigned length = row.to - row.from;
        shortest = length < shortest ? length : shortest;
        row = next_row(row.to);
    }
    return shortest;
}

static bool is_listed(struct cells row)
{
    struct range range = range_of(row);
    for (size_t i = 0; i < ranges.count; i++) {
        if (ranges.list[i].start == range.start &&
            ranges.list[i].end == range.end) {
            return true;
        }
    }
    return false;
}

// One row too many: the list may leave out any of the shortest ones.
static void drop_what_was_dropped(void)
{
    unsigned shortest = shortest_row();
    struct cells row = next_row(0);
    while (row.from < row.to) {
        if (!is_listed(row)) {
            CHECK_EQUAL(row.to - row.from, shortest);
            set(row, false);
            return;
        }
        row = next_row(row.to);
    }
    test_fail("the list is too long");
}

static void check_list(void)
{
    if (count_rows() > RANGES_MAX) {
        CHECK_EQUAL(count_rows(), RANGES_MAX + 1);
        CHECK_EQUAL(ranges.count, RANGES_MAX);
        drop_what_was_dropped();
    }
    CHECK_EQUAL(ranges.count, count_rows());
    struct cells row = next_row(0);
    for (size_t i = 0; i < ranges.count; i++) {
        CHECK_EQUAL(ranges.list[i].start, address_of(row.from));
        CHECK_EQUAL(ranges.list[i].end, address_of(row.to));
        row = next_row(row.to);
    }
}

// --- Generated changes ------------------------------------------------

static void begin(uint64_t at, uint64_t step)
{
    base = at;
    scale = step;
    memset(in, 0, sizeof(in));
    // A list is what its count says; what lies behind is nobody's.
    memset(&ranges, 0xa5, sizeof(ranges));
    ranges.count = 0;
}

// Mostly short ones, so that the list grows long; some are empty, some
// have their ends swapped.
static struct cells any_cells(void)
{
    unsigned from = host_random_below(CELLS);
    unsigned most = host_random_below(16) == 0 ? CELLS : 4;
    unsigned length = host_random_below(most);
    unsigned to = from + length < CELLS ? from + length : CELLS - 1;
    if (host_random_below(16) == 0) {
        return (struct cells){to, from};
    }
    return (struct cells){from, to};
}

static void change(struct cells cells, bool value)
{
    set(cells, value);
    if (value) {
        ranges_add(&ranges, range_of(cells));
    } else {
        ranges_remove(&ranges, range_of(cells));
    }
    check_list();
}

// An empty range is contained or not: there is nothing in it to ask for.
static void ask(struct cells cells)
{
    if (cells.from < cells.to && cells.to < CELLS) {
        CHECK_EQUAL(ranges_contain(&ranges, range_of(cells)),
                    all_set(cells));
    }
}

static void change_at_random(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct cells row = next_row(host_random_below(CELLS));
        change(any_cells(), host_random_below(3) != 0);
        ask(any_cells());
        ask(row);
        ask((struct cells){row.from, row.to + 1});
        ask((struct cells){row.from - (row.from > 0), row.to});
    }
}

TEST(ranges_are_the_addresses_that_were_added)
{
    for (unsigned i = 0; i < 40; i++) {
        begin(0, 1);
        change_at_random(50 + i * 10);
    }
}

TEST(ranges_reach_both_ends_of_the_addresses)
{
    for (unsigned i = 0; i < 20; i++) {
        begin(UINT64_MAX - (CELLS - 1), 1);
        change_at_random(200);
        begin(UINT64_MAX % (CELLS - 1), UINT64_MAX / (CELLS - 1));
        change_at_random(200);
        begin(0, UINT64_C(1) << 55);
        change_at_random(200);
    }
}

// --- Full lists -------------------------------------------------------

// Every second cell or so, as many as the list can have.
static void fill(void)
{
    unsigned at = 0;
    for (unsigned i = 0; i < RANGES_MAX; i++) {
        unsigned length = 1 + host_random_below(4);
        change((struct cells){at, at + length}, true);
        at += length + 1;
    }
    CHECK_EQUAL(ranges.count, RANGES_MAX);
}

TEST(ranges_lose_the_smallest_when_there_are_too_many)
{
    for (unsigned i = 0; i < 300; i++) {
        begin(0x100000, 0x1000);
        fill();
        for (unsigned n = 0; n < 20; n++) {
            change(any_cells(), host_random_below(2) == 0);
        }
    }
}

// Wherever it is in the list, and if it is the one that comes in.
TEST(ranges_find_the_smallest_at_each_place)
{
    enum { STEP = 4 };
    for (unsigned small = 0; small <= RANGES_MAX; small++) {
        for (unsigned last = 0; last <= RANGES_MAX; last++) {
            begin(0, 1);
            for (unsigned i = 0; i <= RANGES_MAX; i++) {
                // All in order, but one comes last.
                unsigned place = i < last ? i : i + 1;
                place = i == RANGES_MAX ? last : place;
                unsigned length = place == small ? 2 : 3;
                unsigned at = place * STEP;
                set((struct cells){at, at + length}, true);
                ranges_add(&ranges,
                           range_of((struct cells){at, at + length}));
            }
            check_list();
            CHECK(!in[small * STEP]);
        }
    }
}

// A full list takes in what touches a range in it without a loss, and
// gives away from an end without one.
TEST(ranges_of_a_full_list_grow_and_shrink)
{
    begin(0, 0x1000);
    fill();
    struct cells row = next_row(0);
    while (row.from < row.to) {
        change((struct cells){row.to - 1, row.to}, false);
        change((struct cells){row.to - 1, row.to}, true);
        CHECK_EQUAL(ranges.count, count_rows());
        row = next_row(row.to);
    }
    change((struct cells){0, CELLS - 1}, true);
    CHECK_EQUAL(ranges.count, 1);
    change((struct cells){0, CELLS - 1}, false);
    CHECK_EQUAL(ranges.count, 0);
}

TEST(ranges_begin_as_zeros)
{
    static struct ranges zeros;
    CHECK(!ranges_contain(&zeros, (struct range){0, 1}));
    ranges_remove(&zeros, (struct range){0, UINT64_MAX});
    CHECK_EQUAL(zeros.count, 0);
    ranges_add(&zeros, (struct range){0, UINT64_MAX});
    CHECK(ranges_contain(&zeros, (struct range){0, UINT64_MAX}));
}
