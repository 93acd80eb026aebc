// GRUB's information, generated, good and damaged: it is refused, or
// nothing but it is read; and a page that is free after that is really
// free.
// needs: src/boot/multiboot2.h src/boot/multiboot2.c
// needs: src/mm/memory_map.h src/mm/memory_map.c

// The file itself, for its list of what is kept never gets shorter.
#include "mm/memory_map.c"

#include <stdlib.h>
#include <string.h>

#include "boot/multiboot2.h"
#include "host.h"
#include "test/test.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

// --- What the information should tell ---------------------------------

// Something in memory; `type` is that of an area.
struct claim {
    uint64_t start, length;
    uint32_t type;
};

enum { CLAIMS = 6000 };
struct claims {
    size_t count;
    struct claim list[CLAIMS];
};

struct machine {
    struct claims areas, modules;
};
static struct machine built, parsed;

static void clear(struct machine *machine)
{
    machine->areas.count = 0;
    machine->modules.count = 0;
}

static void claim(struct claims *claims, struct claim claim)
{
    CHECK(claims->count < CLAIMS);
    claims->list[claims->count++] = claim;
}

// --- Writing information ----------------------------------------------

static uint8_t bytes[1 << 18];
static size_t size;
static size_t tag_start;

static void put(uint64_t value, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        bytes[size++] = (uint8_t)(value >> 8 * i);
    }
}

static void put_at(size_t at, uint32_t value)
{
    memcpy(bytes + at, &value, sizeof(value));
}

static void put_garbage(size_t count)
{
    while (count-- > 0) {
        put(host_random(), 1);
    }
}

static void begin_tag(uint32_t type)
{
    tag_start = size;
    put(type, 4);
    put(0, 4);
}

static void end_tag(void)
{
    put_at(tag_start + 4, (uint32_t)(size - tag_start));
    while (size % 8 != 0) {
        put(host_random(), 1);
    }
}

static void begin_info(void)
{
    clear(&built);
    size = 0;
    put(0, 4);
    put(host_random(), 4);
}

static void end_info(void)
{
    begin_tag(0);
    end_tag();
    put_at(0, (uint32_t)size);
}

static void put_area(struct claim area, size_t entry_size)
{
    put(area.start, 8);
    put(area.length, 8);
    put(area.type, 4);
    put_garbage(entry_size - 20);
}

static void put_module(struct claim module)
{
    begin_tag(3);
    put(module.start, 4);
    put(module.start + module.length, 4);
    put_garbage(host_random_below(20)); // a text
    end_tag();
    claim(&built.modules, module);
}

// --- Reading it a second time -----------------------------------------

static uint64_t get(const uint8_t *from, unsigned count)
{
    uint64_t value = 0;
    memcpy(&value, from, count);
    return value;
}

// What was not refused is sound: all that is read is in its tag.
static void check_tag(const uint8_t *tag)
{
    uint64_t tag_size = get(tag + 4, 4);
    switch (get(tag, 4)) {
    case 3:
        CHECK(tag_size >= 16);
        break;
    case 6:
        CHECK(tag_size >= 16 && get(tag + 8, 4) >= 24);
        break;
    default:
        break;
    }
}

static void parse_areas(const uint8_t *tag)
{
    uint64_t entry_size = get(tag + 8, 4);
    for (uint64_t at = 16; at + entry_size <= get(tag + 4, 4);
         at += entry_size) {
        claim(&parsed.areas,
              (struct claim){get(tag + at, 8), get(tag + at + 8, 8),
                             (uint32_t)get(tag + at + 16, 4)});
    }
}

// Of what is there once, in the specification, the first one counts.
static void parse(const uint8_t *info)
{
    bool has_areas = false;
    const uint8_t *tag = info + 8;
    clear(&parsed);
    while (get(tag, 4) != 0) {
        uint64_t type = get(tag, 4);
        check_tag(tag);
        if (type == 3) {
            uint64_t start = get(tag + 8, 4);
            uint64_t end = get(tag + 12, 4);
            claim(&parsed.modules,
                  (struct claim){start, end > start ? end - start : 0, 0});
        }
        if (type == 6 && !has_areas) {
            has_areas = true;
            parse_areas(tag);
        }
        tag += (get(tag + 4, 4) + 7) / 8 * 8;
    }
}

// --- What a page is ---------------------------------------------------

// The end of what has no length that fits is the last address.
static uint64_t end_of(const struct claim *claim)
{
    bool wraps = claim->length > UINT64_MAX - claim->start;
    return wraps ? UINT64_MAX : claim->start + claim->length;
}

// Addresses, in a type in which none of them wraps around.
typedef unsigned __int128 address_t;

static bool has_some(const struct claim *claim, uint64_t page)
{
    address_t start = (address_t)page * PAGE_SIZE;
    return claim->length > 0 && claim->start < start + PAGE_SIZE &&
           end_of(claim) > start;
}

static bool has_all(const struct claim *claim, uint64_t page)
{
    address_t start = (address_t)page * PAGE_SIZE;
    return claim->start <= start && end_of(claim) >= start + PAGE_SIZE;
}

// What is kept beside what GRUB's information tells of.
static struct claims keeps;

// What the lists say of a page.
static enum ram expected(const struct machine *machine, uint64_t page)
{
    enum ram result = RAM_FREE;
    bool is_memory = false;
    for (size_t i = 0; i < machine->areas.count; i++) {
        const struct claim *area = &machine->areas.list[i];
        if (!has_some(area, page)) {
            continue;
        }
        if (area->type == 3) {
            result = RAM_USED;
        } else if (area->type != 1) {
            return RAM_NONE;
        }
        is_memory |= has_all(area, page);
    }
    for (size_t i = 0; i < keeps.count; i++) {
        if (has_some(&keeps.list[i], page)) {
            result = RAM_USED;
        }
    }
    return is_memory ? result : RAM_NONE;
}

static void keep(struct claim claimed)
{
    if (keeps.count == 0) {
        kept_count = 0;
    }
    claim(&keeps, claimed);
    memory_map_keep((struct range){claimed.start, end_of(&claimed)});
}

// The pages around which anything begins or ends.
static void check_around(const struct machine *machine, uint64_t address)
{
    uint64_t page = address / PAGE_SIZE;
    for (uint64_t i = 0; i < 3; i++) {
        if (page + i >= 1 && page + i - 1 < MEMORY_MAP_END) {
            CHECK_EQUAL(memory_map_at(page + i - 1),
                        expected(machine, page + i - 1));
        }
    }
}

static void check_edges(const struct machine *machine,
                        const struct claims *claims)
{
    for (size_t i = 0; i < claims->count; i++) {
        check_around(machine, claims->list[i].start);
        check_around(machine, end_of(&claims->list[i]));
    }
}

// From edge to edge, from the first page to the last.
static void check_memory(const struct machine *machine)
{
    check_edges(machine, &machine->areas);
    check_edges(machine, &keeps);
    uint64_t page = 0;
    while (page < MEMORY_MAP_END) {
        uint64_t next = memory_map_next(page);
        CHECK(next > page && next <= MEMORY_MAP_END);
        if (next <= page || next > MEMORY_MAP_END) {
            return;
        }
        enum ram ram = memory_map_at(page);
        CHECK_EQUAL(ram, expected(machine, page));
        CHECK_EQUAL(expected(machine, next - 1), ram);
        uint64_t between = page + host_random() % (next - page);
        CHECK_EQUAL(expected(machine, between), ram);
        CHECK_EQUAL(memory_map_at(between), ram);
        page = next;
    }
}

// --- Whether it is read in that way -----------------------------------

static void check_range(struct range range, const struct claim *expected)
{
    CHECK_EQUAL(range.start, expected->start);
    if (expected->length > 0) {
        CHECK_EQUAL(range.end, end_of(expected));
    } else {
        CHECK(range.end <= range.start);
    }
}

static void check_reading(const struct machine *machine)
{
    struct memory_area area;
    struct range range;
    size_t i = 0;
    for (; i < machine->areas.count; i++) {
        CHECK(multiboot2_area(i, &area));
        check_range(area.range, &machine->areas.list[i]);
        CHECK_EQUAL(area.type, machine->areas.list[i].type);
    }
    CHECK(!multiboot2_area(i, &area));
    CHECK(!multiboot2_area(i + 1, &area));
    CHECK(!multiboot2_area(SIZE_MAX, &area));
    for (i = 0; i < machine->modules.count; i++) {
        CHECK(multiboot2_module(i, &range));
        check_range(range, &machine->modules.list[i]);
    }
    CHECK(!multiboot2_module(i, &range));
    CHECK(!multiboot2_module(i + 1, &range));
    CHECK(!multiboot2_module(SIZE_MAX, &range));
}

// What was written, in a heap block that ends where it ends: the
// sanitizer sees each byte that is read behind it.
static uint8_t *block;

static void *give(size_t limit)
{
    free(block);
    block = malloc(limit);
    memcpy(block, bytes, limit);
    return block;
}

static const char *problem(size_t limit)
{
    enum { SOMEWHERE = 0x12345678 };
    phys_window = (uintptr_t)give(limit) - SOMEWHERE;
    phys_reach = SOMEWHERE + limit;
    return multiboot2_use((phys_addr_t){SOMEWHERE});
}

static void check_good(void)
{
    CHECK(problem(size) == NULL);
    CHECK_EQUAL(multiboot2_range().end - multiboot2_range().start, size);
    check_reading(&built);
    parse(block);
    check_reading(&parsed);
    check_memory(&built);
}

// --- Generated machines -----------------------------------------------

// Most addresses are low and close together, so that things overlap;
// some are anything.
static uint64_t any_address(void)
{
    uint64_t address = (uint64_t)host_random_below(1024) << 14;
    switch (host_random_below(12)) {
    case 0:
        return host_random() >> host_random_below(64);
    case 1:
        return UINT64_MAX - host_random_below(1 << 24);
    case 2:
    case 3:
        return address + host_random_below(1 << 14);
    default:
        return address;
    }
}

static uint64_t any_length(void)
{
    switch (host_random_below(12)) {
    case 0:
        return 0;
    case 1:
        return host_random() >> host_random_below(64);
    case 2:
    case 3:
        return host_random_below(1 << 16);
    default:
        return (uint64_t)(1 + host_random_below(256)) << 14;
    }
}

static struct claim any_area(void)
{
    static const uint32_t other[] = {0, 2, 3, 4, 5, 6, 0xffffffff,
                                     0x80000001};
    struct claim area = {any_address(), any_length(), 1};
    if (host_random_below(3) == 0) {
        area.type = other[host_random_below(LENGTH(other))];
    }
    return area;
}

static void add_areas(unsigned count)
{
    size_t entry_size = 24 + 8 * (size_t)host_random_below(3);
    begin_tag(6);
    put(entry_size, 4);
    put(0, 4);
    for (unsigned i = 0; i < count; i++) {
        struct claim area = any_area();
        put_area(area, entry_size);
        claim(&built.areas, area);
    }
    // A part of an entry is none.
    put_garbage(host_random_below(2) *
                (size_t)host_random_below((unsigned)entry_size));
    end_tag();
}

static void add_modules(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        uint64_t start = any_address() % (UINT64_C(1) << 32);
        uint64_t room = (UINT64_C(1) << 32) - 1 - start;
        uint64_t length = any_length();
        put_module((struct claim){start, length < room ? length : room,
                                  0});
    }
}

// Tags that are for others, of any size.
static void add_others(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        static const uint32_t types[] = {1,  2,  4,  5,  7,         8,
                                         10, 14, 21, 22, 0xffffffff};
        begin_tag(types[host_random_below(LENGTH(types))]);
        put_garbage(host_random_below(60));
        end_tag();
    }
}

// So many of any, as the kernel and the modules are.
static void keep_some(unsigned count)
{
    keeps.count = 0;
    kept_count = 0;
    while (count-- > 0) {
        keep((struct claim){any_address(), any_length(), 0});
    }
}

// Tags in any order.
static void build(void)
{
    unsigned first = host_random_below(3);
    begin_info();
    for (unsigned i = 0; i < 3; i++) {
        add_others(host_random_below(3));
        switch ((first + i) % 3) {
        case 0:
            add_areas(host_random_below(14));
            break;
        case 1:
            add_modules(host_random_below(5));
            break;
        default:
            add_modules(host_random_below(2));
            break;
        }
    }
    end_info();
    keep_some(host_random_below(8));
}

TEST(memory_map_of_generated_machines)
{
    for (unsigned i = 0; i < 4000; i++) {
        build();
        check_good();
    }
}

// A second memory map, as no loader would give.
TEST(memory_map_is_the_first_of_several)
{
    for (unsigned i = 0; i < 300; i++) {
        begin_info();
        add_areas(host_random_below(6));
        size_t areas = built.areas.count;
        add_areas(1 + host_random_below(6));
        built.areas.count = areas;
        end_info();
        keep_some(1);
        check_good();
    }
}

// --- Large ones -------------------------------------------------------

// More areas than any firmware has.
TEST(memory_map_of_hundreds_of_pieces)
{
    enum { MANY = 400 };
    for (unsigned i = 0; i < 6; i++) {
        begin_info();
        begin_tag(6);
        put(24, 4);
        put(0, 4);
        for (uint64_t n = 0; n < MANY; n++) {
            uint64_t place = i % 2 == 0 ? n : host_random_below(MANY);
            struct claim area = {(300 + 3 * place) << 12,
                                 1 + host_random_below(3 << 12),
                                 1 + (n % 16 == 3)};
            put_area(area, 24);
            claim(&built.areas, area);
        }
        end_tag();
        end_info();
        keep_some(KEPT_MAX);
        check_good();
    }
}

// One more could be forgotten: it is refused.
TEST(memory_map_keeps_so_much_and_no_more)
{
    keep_some(KEPT_MAX);
    EXPECT_PANIC(memory_map_keep((struct range){0, 1}));
}

// --- Damage -----------------------------------------------------------

static unsigned refused, accepted;

// Reads what there is up to `limit`, if it is not refused.
static void check_damaged(size_t limit)
{
    const char *name = problem(limit);
    if (name != NULL) {
        CHECK(name[0] != '\0');
        refused++;
        return;
    }
    accepted++;
    parse(block);
    check_reading(&parsed);
    check_memory(&parsed);
}

static void damage(void)
{
    static const uint32_t words[] = {
        0,          1,          3,          6,          7,
        8,          9,          15,         16,         20,
        23,         24,         28,         63,         64,
        0x7fffffff, 0x80000000, 0xfffffff0, 0xfffffff8, 0xffffffff,
    };
    size_t at = host_random_below((unsigned)size);
    uint32_t word;
    switch (host_random_below(4)) {
    case 0:
        bytes[at] = (uint8_t)host_random();
        break;
    case 1:
        bytes[at] ^= (uint8_t)(1 << host_random_below(8));
        break;
    case 2:
        put_at(at / 4 * 4, words[host_random_below(LENGTH(words))]);
        break;
    default:
        memcpy(&word, bytes + at / 4 * 4, sizeof(word));
        put_at(at / 4 * 4, word + host_random_below(64) - 32);
        break;
    }
}

TEST(memory_map_of_damaged_information)
{
    refused = accepted = 0;
    for (unsigned i = 0; i < 400; i++) {
        static uint8_t good[sizeof(bytes)];
        build();
        memcpy(good, bytes, size);
        for (unsigned n = 0; n < 60; n++) {
            for (unsigned times = n % 5; times < 5; times++) {
                damage();
            }
            check_damaged(size);
            memcpy(bytes, good, size);
        }
    }
    CHECK(refused > 4000);
    CHECK(accepted > 4000);
}

// Only what is about sizes and numbers is damaged: each head of a tag.
static void damage_head(void)
{
    size_t at = 8;
    unsigned skip = host_random_below(12);
    while (skip-- > 0 && get(bytes + at, 4) != 0) {
        at += (get(bytes + at + 4, 4) + 7) / 8 * 8;
    }
    unsigned word = host_random_below(4);
    if (at + 4 * word + 4 <= size) {
        uint32_t value = (uint32_t)get(bytes + at + 4 * word, 4);
        put_at(at + 4 * word, host_random_below(2) == 0
                                  ? value + host_random_below(80) - 40
                                  : (uint32_t)host_random());
    }
}

TEST(memory_map_of_damaged_tags)
{
    refused = accepted = 0;
    for (unsigned i = 0; i < 400; i++) {
        static uint8_t good[sizeof(bytes)];
        build();
        memcpy(good, bytes, size);
        for (unsigned n = 0; n < 60; n++) {
            damage_head();
            check_damaged(size);
            memcpy(bytes, good, size);
        }
    }
    CHECK(refused > 5000);
    CHECK(accepted > 2000);
}

TEST(memory_map_of_garbage)
{
    for (unsigned i = 0; i < 5000; i++) {
        begin_info();
        put_garbage(host_random_below(200));
        size_t limit = size;
        put_at(0, host_random_below(2) == 0
                      ? (uint32_t)limit
                      : (uint32_t)host_random_below(300));
        check_damaged(limit);
    }
}

// Cut off anywhere, whether its size says so or not.
TEST(memory_map_of_information_that_is_cut_off)
{
    for (unsigned i = 0; i < 20; i++) {
        build();
        uint32_t whole = (uint32_t)size;
        for (uint32_t limit = 0; limit < whole; limit++) {
            put_at(0, whole);
            CHECK(problem(limit) != NULL);
            put_at(0, limit);
            CHECK(problem(limit) != NULL);
            // More is there, but it is not part of it.
            CHECK(problem(whole) != NULL);
        }
        // A size that is larger than what can be read.
        put_at(0, whole + 1);
        CHECK(problem(whole) != NULL);
        put_at(0, UINT32_MAX);
        CHECK(problem(whole) != NULL);
    }
}

TEST(memory_map_has_to_be_there)
{
    for (unsigned i = 0; i < 50; i++) {
        begin_info();
        add_others(host_random_below(4));
        add_modules(host_random_below(4));
        end_info();
        CHECK(problem(size) != NULL);
    }
}
