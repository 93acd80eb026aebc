// Mapping pages, over long generated sequences: a list says what should
// be mapped, a second reading of the tables says what is.
// needs: src/mm/paging.h src/mm/paging.c src/mm/frame.h src/mm/frame.c
// needs: src/mm/memory_map.h
#include "mm/paging.h"

#include <string.h>

#include <sanitizer/asan_interface.h>

#include "host.h"
#include "mm/frame.h"
#include "mm/memory_map.h"
#include "test/test.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

// How many bytes an entry stands for, by level, and in total.
static const uint64_t sizes[PAGE_LEVELS + 2] = {
    0,
    UINT64_C(4) << 10,
    UINT64_C(2) << 20,
    UINT64_C(1) << 30,
    UINT64_C(512) << 30,
    UINT64_C(256) << 40,
};

// Bits of an entry (Intel SDM Vol. 3A, "4-Level Paging and 5-Level
// Paging"), not as the kernel names them.
enum { PRESENT = 1 << 0, WRITABLE = 1 << 1, USER = 1 << 2, HUGE = 1 << 7 };
#define NO_EXECUTE (UINT64_C(1) << 63)
#define ADDRESS    UINT64_C(0x000ffffffffff000)

// --- The machine ------------------------------------------------------

// Its memory begins at FIRST, and so does a window that is not at 0.
// Behind `phys_reach` there is none: the sanitizer sees every access.
enum { FRAMES = 400, BEYOND = 8 };
#define FIRST UINT64_C(0x0000345600789000)
#define END   (FIRST + (uint64_t)FRAMES * PAGE_SIZE)
static _Alignas(PAGE_SIZE)
    uint8_t memory[(FRAMES + BEYOND) * PAGE_SIZE];

static uint8_t *bytes_at(uint64_t physical)
{
    return memory + (physical - FIRST);
}

// What memory holds that nobody has cleared.  Bit 0 is set: as entries
// of a table all of it would be present.
enum { GARBAGE = 0xa7 };

// The map of this machine's memory: all of it is free.
enum ram memory_map_at(uint64_t page)
{
    return page >= FIRST / PAGE_SIZE && page < END / PAGE_SIZE ? RAM_FREE
                                                               : RAM_NONE;
}

uint64_t memory_map_next(uint64_t page)
{
    return page < FIRST / PAGE_SIZE ? FIRST / PAGE_SIZE
           : page < END / PAGE_SIZE ? END / PAGE_SIZE
                                    : MEMORY_MAP_END;
}

static void switch_on(void)
{
    memset(memory, GARBAGE, FRAMES * PAGE_SIZE);
    ASAN_POISON_MEMORY_REGION(memory + FRAMES * PAGE_SIZE,
                              BEYOND * PAGE_SIZE);
    phys_window = (uintptr_t)memory - FIRST;
    phys_reach = END;
    frame_init();
}

static phys_addr_t new_table(void)
{
    phys_addr_t table = {0};
    CHECK(paging_new_table(&table));
    return table;
}

static pte_t *entry_in(uint64_t table, uintptr_t address, unsigned level)
{
    uint64_t index = address % sizes[level + 1] / sizes[level];
    return (pte_t *)bytes_at(table) + index;
}

// What the CPU finds for an address; rights are those that all entries
// on the way give.
struct found {
    unsigned level; // of the last entry
    pte_t entry;    // the last
    bool mapped, writable, executable, user;
    uint64_t physical;
};

static struct found look_up(phys_addr_t root, uintptr_t address)
{
    struct found found = {.level = PAGE_LEVELS};
    found.writable = found.executable = found.user = true;
    uint64_t table = root.value;
    for (;; found.level--) {
        found.entry = *entry_in(table, address, found.level);
        if ((found.entry & PRESENT) == 0) {
            return found;
        }
        table = found.entry & ADDRESS;
        found.writable &= (found.entry & WRITABLE) != 0;
        found.executable &= (found.entry & NO_EXECUTE) == 0;
        found.user &= (found.entry & USER) != 0;
        bool huge = found.level < 4 && (found.entry & HUGE) != 0;
        if (found.level == 1 || huge) {
            uint64_t size = sizes[found.level];
            found.mapped = true;
            found.physical = table / size * size + address % size;
            return found;
        }
    }
}

// --- What should be mapped --------------------------------------------

struct page {
    bool mapped;
    uint64_t target;
    pte_t flags;
};

// Few addresses, so that they meet: first and last ones at each level,
// and neighbours.
static const uint64_t at4[] = {0, 1, 255, 256, 511};
static const uint64_t at3[] = {0, 511};
static const uint64_t at2[] = {0, 1, 511};
static const uint64_t at1[] = {0, 1, 2, 511};
enum {
    ROOTS = 2,
    HUGES = LENGTH(at4) * LENGTH(at3) * LENGTH(at2),
    SMALLS = LENGTH(at1),
};

static phys_addr_t roots[ROOTS];
static struct page huges[ROOTS][HUGES];
static struct page smalls[ROOTS][HUGES][SMALLS];

// A place for a page: in which tables, which slot of 2 MiB, and which of
// 4 KiB in it, or all of it.
enum { WHOLE = SMALLS };
struct place {
    unsigned root, huge, small;
};

static struct place any_place(void)
{
    return (struct place){
        .root = host_random_below(ROOTS),
        .huge = host_random_below(HUGES),
        .small = host_random_below(SMALLS + 1),
    };
}

static struct page *page_at(struct place place)
{
    return place.small == WHOLE
               ? &huges[place.root][place.huge]
               : &smalls[place.root][place.huge][place.small];
}

static enum page_size size_of(struct place place)
{
    return place.small == WHOLE ? PAGE_2_MIB : PAGE_4_KIB;
}

static uintptr_t address_of(struct place place)
{
    size_t huge = place.huge;
    uint64_t address = at2[huge % LENGTH(at2)] * sizes[2];
    huge /= LENGTH(at2);
    address += at3[huge % LENGTH(at3)] * sizes[3];
    uint64_t high = at4[huge / LENGTH(at3)];
    address += high * sizes[4];
    if (place.small != WHOLE) {
        address += at1[place.small] * sizes[1];
    }
    return high < 256 ? address : address - sizes[5];
}

static bool position(const uint64_t *list, size_t length, uint64_t index,
                     unsigned *place)
{
    for (unsigned i = 0; i < length; i++) {
        if (list[i] == index) {
            *place = i;
            return true;
        }
    }
    return false;
}

// The mapped place that any address is in; false if it is in none.
static bool find_place(unsigned root, uintptr_t address,
                       struct place *place)
{
    unsigned i4, i3, i2;
    if (!position(at4, LENGTH(at4), address % sizes[5] / sizes[4], &i4) ||
        !position(at3, LENGTH(at3), address % sizes[4] / sizes[3], &i3) ||
        !position(at2, LENGTH(at2), address % sizes[3] / sizes[2], &i2)) {
        return false;
    }
    place->root = root;
    place->huge = i4 * (unsigned)LENGTH(at3) + i3;
    place->huge = place->huge * (unsigned)LENGTH(at2) + i2;
    place->small = WHOLE;
    if (page_at(*place)->mapped) {
        return true;
    }
    return position(at1, LENGTH(at1), address % sizes[2] / sizes[1],
                    &place->small) &&
           page_at(*place)->mapped;
}

static pte_t entry_of(struct place place)
{
    const struct page *page = page_at(place);
    return page->target | page->flags | PRESENT |
           (place.small == WHOLE ? HUGE : 0);
}

// Whether a page for this place would cover some of another.
static bool is_taken(struct place place)
{
    struct place other = place;
    bool taken = page_at(place)->mapped;
    other.small = WHOLE;
    taken |= page_at(other)->mapped;
    for (unsigned i = 0; i < SMALLS && place.small == WHOLE; i++) {
        other.small = i;
        taken |= page_at(other)->mapped;
    }
    return taken;
}

// --- Whether it is ----------------------------------------------------

static void check_address(unsigned root, uintptr_t address)
{
    if (!paging_is_canonical(address)) {
        return;
    }
    struct found found = look_up(roots[root], address);
    struct page_walk walk = paging_walk(roots[root], address);
    CHECK_EQUAL(walk.mapped, found.mapped);
    CHECK_EQUAL(walk.level, found.level);
    CHECK_EQUAL(walk.entries[walk.level], found.entry);

    struct place place;
    bool expected = find_place(root, address, &place);
    CHECK_EQUAL(found.mapped, expected);
    if (!found.mapped || !expected) {
        return;
    }
    const struct page *page = page_at(place);
    uint64_t target = page->target + (address - address_of(place));
    CHECK_EQUAL(found.physical, target);
    CHECK_EQUAL(walk.address.value, target);
    CHECK_EQUAL(found.level, size_of(place));
    CHECK_EQUAL(found.entry, entry_of(place));
    CHECK_EQUAL(found.writable, (page->flags & WRITABLE) != 0);
    CHECK_EQUAL(found.executable, (page->flags & NO_EXECUTE) == 0);
    CHECK_EQUAL(found.user, (page->flags & USER) != 0);
}

static void check_around(struct place place)
{
    uintptr_t address = address_of(place);
    uint64_t size = sizes[size_of(place)];
    for (unsigned root = 0; root < ROOTS; root++) {
        check_address(root, address);
        check_address(root, address + host_random() % size);
        check_address(root, address + size - 1);
        check_address(root, address + size);
        check_address(root, address - 1);
    }
}

// Reads all entries of a table, and what is below it, and returns how
// many pages there are.  No frame may be used as a table twice.
static bool used[FRAMES];

static unsigned count_pages(unsigned root, uint64_t table, unsigned level,
                            uintptr_t address)
{
    unsigned count = 0;
    CHECK(table >= FIRST && table < END && table % PAGE_SIZE == 0);
    uint64_t frame = (table - FIRST) / PAGE_SIZE;
    CHECK(!used[frame]);
    used[frame] = true;
    for (unsigned i = 0; i < PAGE_ENTRIES; i++) {
        pte_t entry = ((const pte_t *)bytes_at(table))[i];
        uintptr_t at = address + i * sizes[level];
        if (level == 4 && i >= 256) {
            at -= sizes[5];
        }
        if ((entry & PRESENT) == 0) {
            continue;
        }
        if (level == 1 || (level < 4 && (entry & HUGE) != 0)) {
            struct place place;
            CHECK(find_place(root, at, &place));
            CHECK_EQUAL(address_of(place), at);
            count++;
        } else {
            count += count_pages(root, entry & ADDRESS, level - 1, at);
        }
    }
    return count;
}

static void check_everything(void)
{
    memset(used, 0, sizeof(used));
    for (unsigned root = 0; root < ROOTS; root++) {
        unsigned expected = 0;
        for (unsigned huge = 0; huge < HUGES; huge++) {
            for (unsigned small = 0; small <= WHOLE; small++) {
                struct place place = {root, huge, small};
                expected += page_at(place)->mapped;
                check_address(root, address_of(place));
            }
        }
        CHECK_EQUAL(count_pages(root, roots[root].value, 4, 0),
                    expected);
    }
}

// --- Frames that others have ------------------------------------------

static phys_addr_t hoard[FRAMES];
static size_t hoarded;

static void take_all_frames_but(size_t left)
{
    while (frame_free_count() > left) {
        CHECK(frame_allocate(&hoard[hoarded]));
        memset(bytes_at(hoard[hoarded].value), GARBAGE, PAGE_SIZE);
        hoarded++;
    }
}

// Nobody has written to them in the meantime.
static void return_frames(size_t count)
{
    static uint8_t garbage[PAGE_SIZE];
    memset(garbage, GARBAGE, sizeof(garbage));
    while (hoarded > 0 && count-- > 0) {
        hoarded--;
        const uint8_t *bytes = bytes_at(hoard[hoarded].value);
        CHECK(memcmp(bytes, garbage, PAGE_SIZE) == 0);
        frame_free(hoard[hoarded]);
    }
}

static void begin(void)
{
    switch_on();
    hoarded = 0;
    memset(huges, 0, sizeof(huges));
    memset(smalls, 0, sizeof(smalls));
    for (unsigned root = 0; root < ROOTS; root++) {
        roots[root] = new_table();
    }
}

// --- Changes ----------------------------------------------------------

// Anything that is no part of an address; not bit 7, which is the page's
// size here and something else there.
static pte_t any_flags(void)
{
    return host_random() & host_random() & ~(ADDRESS | HUGE);
}

static uint64_t any_target(enum page_size size)
{
    return (host_random() & ADDRESS) / sizes[size] * sizes[size];
}

// What has to be so at the moment when the CPU forgets a page.
static struct place forgotten;
static unsigned times_forgotten;

static void on_invalidate(uintptr_t address)
{
    uintptr_t start = address_of(forgotten);
    CHECK(address >= start);
    CHECK(address - start < sizes[size_of(forgotten)]);
    check_address(forgotten.root, start);
    times_forgotten++;
}

static void expect_forgotten(struct place place)
{
    forgotten = place;
    times_forgotten = 0;
    host_on_invalidate(on_invalidate);
}

// How many tables there are to be made for a page.
static unsigned missing_tables(struct place place)
{
    struct found found =
        look_up(roots[place.root], address_of(place));
    unsigned size = size_of(place);
    return found.mapped || found.level < size ? 0 : found.level - size;
}

static enum map_result try_to_map(struct place place)
{
    enum page_size size = size_of(place);
    struct page page = {true, any_target(size), any_flags()};
    enum map_result result =
        paging_map(roots[place.root], address_of(place),
                   (phys_addr_t){page.target}, size, page.flags);
    if (result == MAP_OK) {
        *page_at(place) = page;
    }
    return result;
}

static void map(struct place place)
{
    size_t free = frame_free_count();
    unsigned missing = missing_tables(place);
    // A table that pages have left behind is in the way, too.
    bool taken =
        is_taken(place) ||
        (place.small == WHOLE &&
         look_up(roots[place.root], address_of(place)).level == 1);

    enum map_result result = try_to_map(place);
    if (taken) {
        CHECK_EQUAL(result, MAP_IN_USE);
        CHECK_EQUAL(frame_free_count(), free);
    } else if (missing > free) {
        CHECK_EQUAL(result, MAP_NO_FRAME);
        check_everything();
    } else {
        CHECK_EQUAL(result, MAP_OK);
        CHECK_EQUAL(frame_free_count(), free - missing);
    }
}

static void unmap(struct place place)
{
    struct page page = *page_at(place);
    phys_addr_t target = {0};
    page_at(place)->mapped = false;
    expect_forgotten(place);
    CHECK(paging_unmap(roots[place.root], address_of(place), &target));
    CHECK(times_forgotten > 0);
    CHECK_EQUAL(target.value, page.target);
}

// At an address where no page begins, in a page or not.
static void change_nothing(struct place place)
{
    phys_addr_t target = {0};
    uintptr_t address = address_of(place);
    if (host_random_below(2) == 0) {
        address += host_random_below(2 * PAGE_SIZE);
    }
    struct place inside;
    bool begins = find_place(place.root, address, &inside) &&
                  address == address_of(inside);
    if (begins || !paging_is_canonical(address)) {
        return;
    }
    CHECK(!paging_unmap(roots[place.root], address, &target));
}

static void change(void)
{
    struct place place = any_place();
    bool mapped = page_at(place)->mapped;
    switch (host_random_below(7)) {
    case 0:
        change_nothing(place);
        break;
    case 1:
    case 2:
    case 3:
        if (mapped) {
            unmap(place);
        }
        break;
    default:
        map(place);
        break;
    }
    check_around(place);
}

static void change_often(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        change();
        if (i % 64 == 0) {
            check_everything();
        }
    }
    check_everything();
}

// --- The tests --------------------------------------------------------

TEST(mapping_does_what_was_asked)
{
    for (unsigned i = 0; i < 20; i++) {
        begin();
        change_often(1000);
    }
}

TEST(mapping_goes_on_while_frames_run_out_and_come_back)
{
    for (unsigned i = 0; i < 40; i++) {
        begin();
        for (unsigned n = 0; n < 40; n++) {
            take_all_frames_but(host_random_below(4));
            change_often(10);
            return_frames(host_random_below(6));
        }
        return_frames(FRAMES);
        change_often(50);
    }
}

// Every page, and every number of frames that is too small; then as many
// more as are missing.
TEST(mapping_without_frames_maps_nothing)
{
    for (unsigned i = 0; i < HUGES * (WHOLE + 1) * 3; i++) {
        begin();
        struct place place = {0, i / 3 % HUGES, i / 3 / HUGES};
        unsigned left = i % 3;
        unsigned missing = missing_tables(place);
        CHECK_EQUAL(missing, place.small == WHOLE ? 2 : 3);
        take_all_frames_but(left);
        CHECK_EQUAL(try_to_map(place),
                    left < missing ? MAP_NO_FRAME : MAP_OK);
        check_everything();
        if (left < missing) {
            return_frames(missing_tables(place) - frame_free_count());
            CHECK_EQUAL(try_to_map(place), MAP_OK);
            CHECK_EQUAL(frame_free_count(), 0);
            check_everything();
        }
        return_frames(FRAMES);
    }
}

TEST(mapping_needs_no_frame_where_tables_are)
{
    begin();
    map((struct place){0, 0, 0});
    take_all_frames_but(0);
    CHECK_EQUAL(try_to_map((struct place){0, 0, 1}), MAP_OK);
    CHECK_EQUAL(try_to_map((struct place){0, 1, WHOLE}), MAP_OK);
    CHECK_EQUAL(try_to_map((struct place){0, 2, 0}), MAP_NO_FRAME);
    check_everything();
}

TEST(mapping_takes_page_after_page)
{
    begin();
    for (uintptr_t at = 0; at < 2 * sizes[2]; at += PAGE_SIZE) {
        CHECK_EQUAL(paging_map(roots[0], at, (phys_addr_t){at},
                               PAGE_4_KIB, WRITABLE),
                    MAP_OK);
    }
    for (uintptr_t at = 0; at < 2 * sizes[2]; at += PAGE_SIZE) {
        CHECK_EQUAL(look_up(roots[0], at).physical, at);
    }
    CHECK(!look_up(roots[0], 2 * sizes[2]).mapped);
}

TEST(mapping_makes_tables_of_zeros)
{
    begin();
    static const uint8_t zeros[PAGE_SIZE];
    while (frame_free_count() > 0) {
        phys_addr_t table = new_table();
        CHECK(memcmp(bytes_at(table.value), zeros, PAGE_SIZE) == 0);
        memset(bytes_at(table.value), GARBAGE, PAGE_SIZE);
    }
    phys_addr_t table;
    CHECK(!paging_new_table(&table));
}

// --- What must not be asked for ---------------------------------------

static void expect_refusal(uintptr_t address, uint64_t target,
                           enum page_size size, pte_t flags)
{
    static enum map_result result;
    result = MAP_OK;
    EXPECT_PANIC(result = paging_map(roots[0], address,
                                     (phys_addr_t){target}, size, flags));
    CHECK_EQUAL(result, MAP_OK); // which nobody has changed
}

TEST(mapping_refuses_what_makes_no_sense)
{
    begin();
    change_often(100);
    for (unsigned i = 0; i < 200; i++) {
        struct place place = any_place();
        enum page_size size = size_of(place);
        uintptr_t page = address_of(place);
        uint64_t target = any_target(size);
        uint64_t too_fine = 1 + host_random() % (sizes[size] - 1);
        uintptr_t nowhere = page ^ UINT64_C(1) << (47 + i % 17);
        pte_t no_flag = UINT64_C(1) << (12 + i % 40);

        expect_refusal(page + too_fine, target, size, 0);
        expect_refusal(page + sizes[size] / 2, target, size, 0);
        expect_refusal(page, target + too_fine, size, 0);
        expect_refusal(page, target + sizes[size] / 2, size, 0);
        expect_refusal(page, target | UINT64_C(1) << (52 + i % 12), size,
                       0);
        expect_refusal(nowhere, target, size, 0);
        expect_refusal(page, target, size, any_flags() | no_flag);

        phys_addr_t was;
        EXPECT_PANIC(CHECK(paging_unmap(roots[0], nowhere, &was)));
    }
    check_everything();
}

// --- Tables that others have made -------------------------------------

// Puts bits into all entries that mean nothing there: into absent ones
// all but the lowest, into those that lead to tables whatever leaves
// their rights alone.
static void add_noise(uint64_t table, unsigned level)
{
    static const pte_t ignored = UINT64_C(0x7ff0000000000f78);
    pte_t *entries = (pte_t *)bytes_at(table);
    for (unsigned i = 0; i < PAGE_ENTRIES; i++) {
        if ((entries[i] & PRESENT) == 0) {
            entries[i] = host_random() & ~UINT64_C(1);
        } else if (level > 1 && (entries[i] & HUGE) == 0) {
            entries[i] |= host_random() & ignored;
            add_noise(entries[i] & ADDRESS, level - 1);
        }
    }
}

TEST(mapping_minds_only_the_bits_that_matter)
{
    for (unsigned i = 0; i < 10; i++) {
        begin();
        change_often(20 * i);
        add_noise(roots[0].value, 4);
        add_noise(roots[1].value, 4);
        check_everything();
        change_often(500);
    }
}

// Pages of 1 GiB are never made, but are as good as any.
TEST(mapping_knows_pages_of_one_gib)
{
    begin();
    struct place place = {0, 0, 0};
    uintptr_t address = address_of(place);
    map(place);
    uint64_t table =
        *entry_in(roots[0].value, address, 4) & ADDRESS;
    pte_t *entry = entry_in(table, address, 3);
    phys_addr_t target = {0};

    *entry = 5 * sizes[3] | PRESENT | HUGE;
    for (uint64_t inside = sizes[1]; inside < sizes[3]; inside *= 2) {
        CHECK(!paging_unmap(roots[0], address + inside, &target));
    }
    CHECK_EQUAL(paging_map(roots[0], address + sizes[2], target,
                           PAGE_2_MIB, 0),
                MAP_IN_USE);
    CHECK_EQUAL(paging_map(roots[0], address, target, PAGE_4_KIB, 0),
                MAP_IN_USE);
    CHECK(paging_unmap(roots[0], address, &target));
    CHECK_EQUAL(target.value, 5 * sizes[3]);
    CHECK_EQUAL(*entry & PRESENT, 0);
}

// An entry that leads out of memory, at any level: nobody follows it.
TEST(mapping_does_not_follow_damaged_entries)
{
    static const uint64_t outside[] = {
        END,
        END + PAGE_SIZE,
        END + (BEYOND - 1) * PAGE_SIZE,
        UINT64_C(1) << 51,
        ADDRESS,
    };
    for (unsigned i = 0; i < 3 * LENGTH(outside); i++) {
        begin();
        unsigned level = 2 + i % 3;
        struct place place = any_place();
        place.small %= SMALLS;
        uintptr_t address = address_of(place);
        map(place);
        uint64_t table = roots[place.root].value;
        for (unsigned at = PAGE_LEVELS; at > level; at--) {
            table = *entry_in(table, address, at) & ADDRESS;
        }
        pte_t *entry = entry_in(table, address, level);
        pte_t good = *entry;
        phys_addr_t target;

        *entry = outside[i / 3] | (good & ~ADDRESS);
        struct page_walk walk = paging_walk(roots[place.root], address);
        CHECK(!walk.mapped);
        CHECK_EQUAL(walk.level, level);
        CHECK_EQUAL(walk.entries[level], *entry);
        CHECK(!paging_unmap(roots[place.root], address, &target));

        // The last frame that there is, as the table.
        uint64_t last = END - PAGE_SIZE;
        memcpy(bytes_at(last), bytes_at(good & ADDRESS), PAGE_SIZE);
        *entry = last | (good & ~ADDRESS);
        check_around(place);
    }
}

TEST(mapping_uses_tables_when_told_to)
{
    begin();
    paging_use(roots[1]);
    CHECK_EQUAL(host_cr3, roots[1].value);
    CHECK_EQUAL(paging_root().value, roots[1].value);
}
