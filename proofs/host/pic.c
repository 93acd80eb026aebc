// The driver of the interrupt controllers against a model of two 8259A
// (Intel's data sheet), wired as in a PC.
// needs: src/drivers/pic.h src/drivers/pic.c src/arch/interrupts.h
#include "drivers/pic.h"

#include "host.h"
#include "test/test.h"

// --- The model --------------------------------------------------------

enum { FIRST, SECOND, CHIPS, LINES = 8 };

struct chip {
    uint8_t begun; // the first initialisation word
    uint8_t base;
    uint8_t wiring; // the third
    uint8_t way;    // the fourth
    unsigned word;  // of the initialisation, that is due; 0 for none
    uint8_t requested;
    uint8_t in_service;
    uint8_t masks;
    bool shows_in_service;
};

static struct chip chips[CHIPS];
static unsigned strays;     // what no PC has, or no driver should say
static unsigned empty_ends; // of interrupts that are not in service
static char ends[64];       // 1 or 2 for each end, by controller
static size_t end_count;

static void command(unsigned number, uint8_t value)
{
    struct chip *chip = &chips[number];
    if ((value & 0x10) != 0) {
        *chip = (struct chip){.begun = value, .word = 2};
    } else if (value == 0x0a || value == 0x0b) {
        chip->shows_in_service = value == 0x0b;
    } else if (value == 0x20) {
        empty_ends += chip->in_service == 0;
        chip->in_service &= (uint8_t)(chip->in_service - 1);
        if (end_count < sizeof(ends) - 1) {
            ends[end_count++] = (char)('1' + number);
            ends[end_count] = '\0';
        }
    } else {
        strays++;
    }
}

static void data(unsigned number, uint8_t value)
{
    struct chip *chip = &chips[number];
    switch (chip->word) {
    case 0:
        chip->masks = value;
        return;
    case 2:
        chip->base = value;
        break;
    case 3:
        chip->wiring = value;
        break;
    default:
        chip->way = value;
        break;
    }
    chip->word = chip->word == 4 ? 0 : chip->word + 1;
}

static void write(uint16_t port, uint8_t value)
{
    if (port == 0x20 || port == 0xa0) {
        command(port == 0xa0, value);
    } else if (port == 0x21 || port == 0xa1) {
        data(port == 0xa1, value);
    } else if (port != 0x80) {
        strays++;
    }
}

static uint8_t read(uint16_t port)
{
    const struct chip *chip = &chips[port >= 0xa0];
    if (port == 0x20 || port == 0xa0) {
        return chip->shows_in_service ? chip->in_service
                                      : chip->requested;
    }
    if (port == 0x21 || port == 0xa1) {
        return chip->masks;
    }
    strays++;
    return 0xff;
}

// The line that a controller would report now; LINES for none.
static unsigned pending(const struct chip *chip)
{
    for (unsigned line = 0; line < LINES; line++) {
        if ((chip->in_service & 1u << line) != 0) {
            return LINES;
        }
        if ((chip->requested & ~chip->masks & 1u << line) != 0) {
            return line;
        }
    }
    return LINES;
}

// What the processor is told when it asks a controller.
static unsigned acknowledge(unsigned number)
{
    struct chip *chip = &chips[number];
    unsigned line = pending(chip);
    if (line == LINES) {
        return chip->base + LINES - 1u; // gone again: a spurious one
    }
    chip->requested &= (uint8_t)~(1u << line);
    chip->in_service |= (uint8_t)(1u << line);
    if (number == FIRST && line == 2) {
        return acknowledge(SECOND);
    }
    return chip->base + line;
}

static void request(unsigned line)
{
    chips[line / LINES].requested |= (uint8_t)(1u << line % LINES);
}

// The second controller's output is a line of the first one's.
static bool wants_attention(void)
{
    if (pending(&chips[SECOND]) != LINES) {
        chips[FIRST].requested |= 1 << 2;
    }
    return pending(&chips[FIRST]) != LINES;
}

// --- The processor ----------------------------------------------------

static interrupt_handler *gates[VECTOR_COUNT];

// In place of arch/interrupts.c.
void interrupts_handle(unsigned vector, interrupt_handler *handler)
{
    CHECK(vector < VECTOR_COUNT);
    gates[vector] = handler;
}

static void enter(unsigned vector)
{
    struct trap_frame frame = {.vector = vector};
    CHECK(gates[vector] != NULL);
    if (gates[vector] != NULL) {
        gates[vector](&frame);
    }
}

// --- The tests --------------------------------------------------------

static unsigned calls[IRQ_COUNT];

static void on_line(struct trap_frame *frame)
{
    calls[frame->vector - 32]++;
}

static unsigned all_calls(void)
{
    unsigned sum = 0;
    for (unsigned i = 0; i < IRQ_COUNT; i++) {
        sum += calls[i];
    }
    return sum;
}

static bool is_first_init = true;

static void forget(void)
{
    end_count = 0;
    ends[0] = '\0';
    for (unsigned i = 0; i < IRQ_COUNT; i++) {
        calls[i] = 0;
    }
}

// A kernel calls pic_init() once; whichever test comes first sees it.
static void start(void)
{
    host_device(read, write);
    for (unsigned i = 0; i < CHIPS; i++) {
        // As a BIOS leaves them, with something in service.
        chips[i] = (struct chip){.base = i == FIRST ? 8 : 0x70,
                                 .in_service = 0x41,
                                 .requested = 0x81};
    }
    strays = empty_ends = 0;
    forget();
    pic_init();
    if (is_first_init) {
        is_first_init = false;
        CHECK_EQUAL(chips[FIRST].masks, 0xff);
        CHECK_EQUAL(chips[SECOND].masks, 0xff);
    }
}

static unsigned masks(void)
{
    return chips[FIRST].masks | (unsigned)chips[SECOND].masks << LINES;
}

TEST(pic_init_says_every_word)
{
    start();
    for (unsigned i = 0; i < CHIPS; i++) {
        CHECK_EQUAL(chips[i].begun, 0x11);
        CHECK_EQUAL(chips[i].way, 0x01);
        CHECK_EQUAL(chips[i].word, 0);
        CHECK_EQUAL(chips[i].in_service, 0);
    }
    CHECK_EQUAL(chips[FIRST].base, 32);
    CHECK_EQUAL(chips[SECOND].base, 40);
    CHECK_EQUAL(chips[FIRST].wiring, 1 << 2);
    CHECK_EQUAL(chips[SECOND].wiring, 2);
    CHECK_EQUAL(strays, 0);
    CHECK_EQUAL(end_count, 0);
    // A line that nobody has asked for, and that is no spurious one.
    EXPECT_PANIC(enter(IRQ_VECTOR + 5));
}

TEST(pic_init_takes_16_vectors)
{
    for (unsigned i = 0; i < VECTOR_COUNT; i++) {
        gates[i] = NULL;
    }
    start();
    for (unsigned i = 0; i < VECTOR_COUNT; i++) {
        CHECK_EQUAL(gates[i] != NULL, i >= 32 && i < 48);
    }
}

TEST(pic_lines_are_masked_until_asked_for)
{
    start();
    unsigned expected = masks();
    // From the last line on: the first of the second controller opens
    // the line by which it reports.
    for (unsigned line = IRQ_COUNT; line-- > 0;) {
        if (line == 2) {
            continue;
        }
        pic_handle(line, on_line);
        expected &= ~(1u << line);
        if (line >= LINES) {
            expected &= ~(1u << 2);
        }
        CHECK_EQUAL(masks(), expected);
        CHECK_EQUAL(strays, 0);
    }
}

static void open_all(void)
{
    start();
    for (unsigned line = 0; line < IRQ_COUNT; line++) {
        if (line != 2) {
            pic_handle(line, on_line);
        }
    }
    forget();
}

TEST(pic_ends_every_interrupt)
{
    open_all();
    for (unsigned line = 0; line < IRQ_COUNT; line++) {
        if (line == 2) {
            continue;
        }
        forget();
        request(line);
        CHECK(wants_attention());
        unsigned vector = acknowledge(FIRST);
        CHECK_EQUAL(vector, 32 + line);
        enter(vector);
        CHECK_EQUAL(calls[line], 1);
        CHECK_EQUAL(all_calls(), 1);
        CHECK_TEXT(ends, line < LINES ? "1" : "21");
        CHECK_EQUAL(chips[FIRST].in_service, 0);
        CHECK_EQUAL(chips[SECOND].in_service, 0);
    }
    CHECK_EQUAL(empty_ends, 0);
    CHECK_EQUAL(strays, 0);
}

TEST(pic_serves_any_traffic)
{
    open_all();
    for (unsigned round = 0; round < 2000; round++) {
        forget();
        unsigned wanted = (unsigned)host_random() & 0xfffb;
        for (unsigned line = 0; line < IRQ_COUNT; line++) {
            if ((wanted & 1u << line) != 0) {
                request(line);
            }
        }
        while (wants_attention()) {
            enter(acknowledge(FIRST));
        }
        for (unsigned line = 0; line < IRQ_COUNT; line++) {
            CHECK_EQUAL(calls[line], wanted >> line & 1);
        }
        CHECK_EQUAL(chips[FIRST].in_service, 0);
        CHECK_EQUAL(chips[SECOND].in_service, 0);
    }
    CHECK_EQUAL(empty_ends, 0);
}

TEST(pic_spurious_7_is_not_ended)
{
    open_all();
    // Another one in service must stay so.
    for (unsigned busy = 0; busy < LINES - 1; busy++) {
        chips[FIRST].in_service = (uint8_t)(1u << busy);
        enter(chips[FIRST].base + LINES - 1u);
        CHECK_EQUAL(chips[FIRST].in_service, 1u << busy);
    }
    chips[FIRST].in_service = 0;
    enter(acknowledge(FIRST));
    CHECK_EQUAL(all_calls(), 0);
    CHECK_TEXT(ends, "");
}

TEST(pic_spurious_15_is_ended_at_the_first_only)
{
    open_all();
    request(15);
    CHECK(wants_attention());
    chips[SECOND].requested = 0; // it is gone again
    unsigned vector = acknowledge(FIRST);
    CHECK_EQUAL(vector, 47);
    CHECK_EQUAL(chips[FIRST].in_service, 1 << 2);
    enter(vector);
    CHECK_EQUAL(chips[FIRST].in_service, 0);
    CHECK_EQUAL(all_calls(), 0);
    CHECK_TEXT(ends, "1");
    CHECK_EQUAL(empty_ends, 0);
}

TEST(pic_real_7_and_15_are_handled)
{
    open_all();
    for (unsigned i = 0; i < 3; i++) {
        request(7);
        CHECK(wants_attention());
        enter(acknowledge(FIRST));
        request(15);
        CHECK(wants_attention());
        enter(acknowledge(FIRST));
    }
    CHECK_EQUAL(calls[7], 3);
    CHECK_EQUAL(calls[15], 3);
    CHECK_TEXT(ends, "121121121");
}

TEST(pic_handles_lines_of_devices_only)
{
    start();
    EXPECT_PANIC(pic_handle(IRQ_SECONDARY, on_line));
    EXPECT_PANIC(pic_handle(IRQ_COUNT, on_line));
    EXPECT_PANIC(pic_handle((enum irq)-1, on_line));
    EXPECT_PANIC(pic_handle(IRQ_TIMER, NULL));
}
