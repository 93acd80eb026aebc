// GRUB's information, generated, good and damaged: it is refused, or
// nothing but it is read; and what is free after that is really free.
// needs: src/boot/multiboot2.h src/boot/multiboot2.c src/lib/ranges.h
// needs: src/mm/memory_map.h src/mm/memory_map.c
#include "mm/memory_map.h"

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
    struct claims areas, modules, sections;
};
static struct machine built, parsed;

static void clear(struct machine *machine)
{
    machine->areas.count = 0;
    machine->modules.count = 0;
    machine->sections.count = 0;
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

// An Elf64_Shdr.
static void put_section(struct claim section, size_t entry_size)
{
    put_garbage(16);
    put(section.start, 8);
    put_garbage(8);
    put(section.length, 8);
    put_garbage(entry_size - 40);
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
    case 9:
        CHECK(tag_size >= 20);
        CHECK(get(tag + 8, 4) == 0 ||
              (get(tag + 12, 4) >= 64 &&
               get(tag + 8, 4) * get(tag + 12, 4) <= tag_size - 20));
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

static void parse_sections(const uint8_t *tag)
{
    for (uint64_t i = 0; i < get(tag + 8, 4); i++) {
        const uint8_t *section = tag + 20 + i * get(tag + 12, 4);
        claim(&parsed.sections, (struct claim){get(section + 16, 8),
                                               get(section + 32, 8), 0});
    }
}

// Of what is there once, in the specification, the first one counts.
static void parse(const uint8_t *info)
{
    bool has_areas = false;
    bool has_sections = false;
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
        if (type == 9 && !has_sections) {
            has_sections = true;
            parse_sections(tag);
        }
        tag += (get(tag + 4, 4) + 7) / 8 * 8;
    }
}

// --- What is free -----------------------------------------------------

static bool claims_it(const struct claim *claim, uint64_t address)
{
    return address >= claim->start &&
           address - claim->start < claim->length;
}

static bool any_claims_it(const struct claims *claims, uint64_t address)
{
    for (size_t i = 0; i < claims->count; i++) {
        if (claims_it(&claims->list[i], address)) {
            return true;
        }
    }
    return false;
}

static bool is_in(struct range range, uint64_t address)
{
    return address >= range.start && address < range.end;
}

// What the areas say about an address: RAM if one of types 1, 3 and 4
// does, and none of any other; available if one does and no other type.
static bool is_memory(const struct machine *machine, uint64_t address,
                      bool available)
{
    bool said = false;
    for (size_t i = 0; i < machine->areas.count; i++) {
        const struct claim *area = &machine->areas.list[i];
        if (claims_it(area, address)) {
            bool is_ram = area->type == 1 || area->type == 3 ||
                          area->type == 4;
            if (!is_ram || (available && area->type != 1)) {
                return false;
            }
            said = true;
        }
    }
    return said;
}

static struct range info_range, kernel;

static bool is_free(const struct machine *machine, uint64_t address)
{
    return address >= 1 << 20 && !is_in(info_range, address) &&
           !is_in(kernel, address) && is_memory(machine, address, true) &&
           !any_claims_it(&machine->modules, address) &&
           !any_claims_it(&machine->sections, address);
}

// Where anything begins or ends; between two of these all addresses are
// alike.
static uint64_t points[6 * CLAIMS + 8];
static size_t point_count;

static uint64_t end_of(const struct claim *claim)
{
    bool wraps = claim->length > UINT64_MAX - claim->start;
    return wraps ? UINT64_MAX : claim->start + claim->length;
}

static void add_points(const struct claims *claims)
{
    for (size_t i = 0; i < claims->count; i++) {
        points[point_count++] = claims->list[i].start;
        points[point_count++] = end_of(&claims->list[i]);
    }
}

static int compare(const void *one, const void *other)
{
    uint64_t a = *(const uint64_t *)one;
    uint64_t b = *(const uint64_t *)other;
    return a < b ? -1 : a > b;
}

static void find_points(const struct machine *machine)
{
    uint64_t others[] = {0,          1 << 20,      info_range.start,
                         info_range.end, kernel.start, kernel.end,
                         UINT64_MAX};
    memcpy(points, others, sizeof(others));
    point_count = LENGTH(others);
    add_points(&machine->areas);
    add_points(&machine->modules);
    add_points(&machine->sections);
    qsort(points, point_count, sizeof(points[0]), compare);
}

static bool is_listed(const struct ranges *ranges, uint64_t address)
{
    for (size_t i = 0; i < ranges->count; i++) {
        if (is_in(ranges->list[i], address)) {
            return true;
        }
    }
    return false;
}

// In order, none empty, none that touch, and ends where something ends.
static void check_order(const struct ranges *ranges)
{
    CHECK(ranges->count <= RANGES_MAX);
    for (size_t i = 0; i < ranges->count; i++) {
        const struct range *range = &ranges->list[i];
        CHECK(range->start < range->end);
        CHECK(i == 0 || ranges->list[i - 1].end < range->start);
        CHECK(bsearch(&range->start, points, point_count,
                      sizeof(points[0]), compare) != NULL);
        CHECK(bsearch(&range->end, points, point_count, sizeof(points[0]),
                      compare) != NULL);
    }
}

// Each step adds or splits one range at most: if the steps are few, the
// list never was too long, and nothing may be lost.
static bool may_lose(const struct machine *machine)
{
    return 2 * machine->areas.count + machine->modules.count +
               machine->sections.count + 3 >
           RANGES_MAX;
}

static void check_memory(const struct machine *machine, const void *info,
                         bool may_be_lost)
{
    static struct ranges ram, free;
    memset(&ram, 0x5a, sizeof(ram));
    memset(&free, 0x5a, sizeof(free));
    memory_map_ram(info, &ram);
    memory_map_free(info, info_range, kernel, &free);
    find_points(machine);
    check_order(&ram);
    check_order(&free);
    for (size_t i = 0; i + 1 < point_count; i++) {
        uint64_t at = points[i];
        if (at == points[i + 1]) {
            continue;
        }
        bool in_ram = is_listed(&ram, at);
        bool in_free = is_listed(&free, at);
        CHECK(!in_ram || is_memory(machine, at, false));
        CHECK(!in_free || is_free(machine, at));
        CHECK(!in_free || in_ram);
        if (!may_be_lost) {
            CHECK_EQUAL(in_ram, is_memory(machine, at, false));
            CHECK_EQUAL(in_free, is_free(machine, at));
        }
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

static void check_areas(const void *info, const struct claims *expected)
{
    struct memory_area area;
    size_t i = 0;
    for (; i < expected->count; i++) {
        CHECK(multiboot2_memory(info, i, &area));
        check_range(area.range, &expected->list[i]);
        CHECK_EQUAL(area.type, expected->list[i].type);
    }
    CHECK(!multiboot2_memory(info, i, &area));
    CHECK(!multiboot2_memory(info, i + 1, &area));
    CHECK(!multiboot2_memory(info, SIZE_MAX, &area));
}

static void check_ranges(const void *info, const struct claims *expected,
                         bool (*read)(const void *, size_t,
                                      struct range *))
{
    struct range range;
    size_t i = 0;
    for (; i < expected->count; i++) {
        CHECK(read(info, i, &range));
        check_range(range, &expected->list[i]);
    }
    CHECK(!read(info, i, &range));
    CHECK(!read(info, i + 1, &range));
    CHECK(!read(info, SIZE_MAX, &range));
}

static void check_reading(const struct machine *machine, const void *info)
{
    check_areas(info, &machine->areas);
    check_ranges(info, &machine->modules, multiboot2_module);
    check_ranges(info, &machine->sections, multiboot2_section);
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
    return multiboot2_check(give(limit), limit);
}

static void check_good(bool may_be_lost)
{
    CHECK(problem(size) == NULL);
    CHECK_EQUAL(multiboot2_size(block), size);
    check_reading(&built, block);
    parse(block);
    check_reading(&parsed, block);
    check_memory(&built, block, may_be_lost);
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

static void add_sections(unsigned count)
{
    size_t entry_size = 64 + host_random_below(2) *
                                 (size_t)host_random_below(16);
    begin_tag(9);
    put(count, 4);
    // Where there are none their size does not matter.
    put(count > 0 ? entry_size : host_random_below(100), 4);
    put(host_random(), 4);
    for (unsigned i = 0; i < count; i++) {
        struct claim section = {any_address(), any_length(), 0};
        put_section(section, entry_size);
        claim(&built.sections, section);
    }
    put_garbage(host_random_below(70)); // no matter what follows
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

static struct range any_range(void)
{
    uint64_t start = any_address();
    struct claim claim = {start, any_length(), 0};
    return (struct range){start, end_of(&claim)};
}

// Tags in any order.
static void build(void)
{
    unsigned first = host_random_below(4);
    begin_info();
    for (unsigned i = 0; i < 4; i++) {
        add_others(host_random_below(3));
        switch ((first + i) % 4) {
        case 0:
            add_areas(host_random_below(14));
            break;
        case 1:
            add_sections(host_random_below(8));
            break;
        case 2:
            add_modules(host_random_below(5));
            break;
        default:
            add_modules(host_random_below(2));
            break;
        }
    }
    end_info();
    info_range = any_range();
    kernel = any_range();
    if (host_random_below(8) == 0) {
        kernel = (struct range){kernel.end, kernel.start};
    }
}

TEST(memory_map_of_generated_machines)
{
    for (unsigned i = 0; i < 4000; i++) {
        build();
        check_good(may_lose(&built));
    }
}

// A second memory map, and sections again, as no loader would give.
TEST(memory_map_is_the_first_of_several)
{
    for (unsigned i = 0; i < 300; i++) {
        begin_info();
        add_areas(host_random_below(6));
        add_sections(host_random_below(4));
        size_t areas = built.areas.count;
        size_t sections = built.sections.count;
        add_areas(1 + host_random_below(6));
        add_sections(1 + host_random_below(4));
        built.areas.count = areas;
        built.sections.count = sections;
        end_info();
        check_good(false);
    }
}

// --- Large ones -------------------------------------------------------

enum { MANY = 3000 };

// What touches is one range, upwards and downwards.
TEST(memory_map_of_thousands_of_neighbours)
{
    for (unsigned down = 0; down < 2; down++) {
        begin_info();
        begin_tag(6);
        put(24, 4);
        put(0, 4);
        for (uint64_t i = 0; i < MANY; i++) {
            uint64_t page = 256 + (down == 1 ? MANY - 1 - i : i);
            struct claim area = {page << 12, 1 << 12, 1};
            put_area(area, 24);
            claim(&built.areas, area);
        }
        end_tag();
        end_info();
        info_range = (struct range){256 << 12, 257 << 12};
        kernel = (struct range){300 << 12, 400 << 12};
        check_good(false);
    }
}

// Far more ranges than can be kept: what is left is right.
TEST(memory_map_of_thousands_of_pieces)
{
    for (unsigned i = 0; i < 3; i++) {
        begin_info();
        if (i == 2) {
            add_modules(MANY / 8);
            add_sections(MANY / 8);
        }
        begin_tag(6);
        put(24, 4);
        put(0, 4);
        for (uint64_t n = 0; n < MANY / 4; n++) {
            uint64_t place = i == 0 ? n : host_random_below(MANY);
            struct claim area = {(300 + 3 * place) << 12,
                                 1 + host_random_below(3 << 12),
                                 1 + (n % 16 == 3)};
            put_area(area, 24);
            claim(&built.areas, area);
        }
        end_tag();
        end_info();
        info_range = any_range();
        kernel = any_range();
        check_good(true);

        static struct ranges free;
        memory_map_free(block, info_range, kernel, &free);
        CHECK(i == 2 || free.count > RANGES_MAX / 2);
    }
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
    check_reading(&parsed, block);
    check_memory(&parsed, block, may_lose(&parsed));
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
        add_sections(host_random_below(4));
        end_info();
        CHECK(problem(size) != NULL);
    }
}
