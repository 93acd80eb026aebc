// The keyboard's driver against a model of its controller (8042) and of
// the edges by which it interrupts: line 1 for the keyboard's bytes, and
// line 12, which is masked, for the mouse's.
// needs: src/drivers/keyboard.h src/drivers/keyboard.c
// needs: src/drivers/pic.h
#include "drivers/keyboard.h"

#include "drivers/pic.h"
#include "host.h"
#include "test/test.h"

// --- The model --------------------------------------------------------

enum { QUEUE = 1024 };
enum {
    FULL = 1 << 0,
    BUSY = 1 << 1,
    FROM_MOUSE = 1 << 5,
    ALWAYS = 0x1c,
};
enum { MOUSE_OFF = 0xa7 };

static struct {
    uint8_t byte;
    bool from_mouse;
} queue[QUEUE];
static unsigned first, count; // what is to be read is at `first`
static unsigned edges;        // interrupts that have not been taken
static bool mouse_is_on;
static unsigned busy;         // how many reads of the status find it so
static bool stuck;            // it is busy for ever
static unsigned reads;        // of the data port
static unsigned empty_reads;
static bool absent;
static unsigned strays;

static interrupt_handler *on_line;

// In place of drivers/pic.c.
void pic_handle(enum irq line, interrupt_handler *handler)
{
    CHECK_EQUAL(line, 1);
    CHECK(on_line == NULL);
    on_line = handler;
    edges = 0; // masked until now: that one is lost
}

// The next byte is there: its interrupt.
static void raise(void)
{
    edges += first < count && !queue[first].from_mouse;
}

static uint8_t read(uint16_t port)
{
    if (absent) {
        return 0xff;
    }
    if (port == 0x64) {
        bool mouse = first < count && queue[first].from_mouse;
        bool is_busy = stuck || busy > 0;
        busy -= busy > 0;
        return (uint8_t)(ALWAYS | (first < count ? FULL : 0) |
                         (is_busy ? BUSY : 0) |
                         (mouse ? FROM_MOUSE : 0));
    }
    strays += port != 0x60;
    reads++;
    if (first == count) {
        empty_reads++;
        return 0;
    }
    uint8_t byte = queue[first++].byte;
    raise();
    return byte;
}

static void write(uint16_t port, uint8_t value)
{
    if (port == 0x64 && value == MOUSE_OFF && busy == 0) {
        mouse_is_on = false;
        busy = 20;
    } else {
        strays++;
    }
}

static void send(uint8_t byte, bool from_mouse)
{
    if (from_mouse && !mouse_is_on) {
        return;
    }
    bool was_empty = first == count;
    queue[count].byte = byte;
    queue[count++].from_mouse = from_mouse;
    if (was_empty) {
        raise();
    }
}

static void send_all(const char *bytes)
{
    for (; *bytes != '\0'; bytes++) {
        send((uint8_t)*bytes, false);
    }
}

// The interrupts that are due; the line is told apart by its edges.
static void serve(void)
{
    while (edges > 0) {
        edges--;
        struct trap_frame frame = {.vector = 33};
        on_line(&frame);
    }
}

// --- The tests --------------------------------------------------------

static char typed[QUEUE + 1];
static size_t length;

static void note(uint8_t byte)
{
    typed[length++] = (char)byte;
    typed[length] = '\0';
}

static void power_on(void)
{
    host_device(read, write);
    first = count = edges = reads = empty_reads = strays = 0;
    absent = false;
    stuck = false;
    busy = 0;
    mouse_is_on = true; // as some firmware leaves it
    on_line = NULL;
    length = 0;
    typed[0] = '\0';
    keyboard_set_handler(NULL);
}

static void start(void)
{
    power_on();
    keyboard_init();
    keyboard_set_handler(note);
    reads = empty_reads = 0;
}

TEST(keyboard_hands_over_every_byte)
{
    start();
    // One byte at a time, and then all at once.
    for (unsigned byte = 1; byte < 256; byte++) {
        send((uint8_t)byte, false);
        serve();
        CHECK_EQUAL(length, byte);
        CHECK_EQUAL((uint8_t)typed[byte - 1], byte);
    }
    send_all("\x2a\x23\xa3\xaa\x17\x97\xe0\x48\xe0\xc8");
    serve();
    CHECK_TEXT(typed + 255, "\x2a\x23\xa3\xaa\x17\x97\xe0\x48\xe0\xc8");
    CHECK_EQUAL(first, count);
    CHECK_EQUAL(empty_reads, 0);
    CHECK_EQUAL(strays, 0);
}

TEST(keyboard_lives_after_keys_while_booting)
{
    for (unsigned waiting = 0; waiting <= 16; waiting++) {
        power_on();
        for (unsigned i = 0; i < waiting; i++) {
            send(i == 0 ? 0x2a : 0x1e, i % 5 == 4);
        }
        keyboard_init();
        keyboard_set_handler(note);
        CHECK_EQUAL(first, count);
        send_all("\xaa\x30\xb0");
        serve();
        CHECK_TEXT(typed, "\xaa\x30\xb0");
    }
}

// Were it on, its byte would fill the port, and line 12 is masked.
TEST(keyboard_lives_after_the_mouse_moves)
{
    for (unsigned before = 0; before <= 3; before++) {
        power_on();
        for (unsigned i = 0; i < before; i++) {
            send(0x08, true);
        }
        keyboard_init();
        keyboard_set_handler(note);
        CHECK(!mouse_is_on);
        for (unsigned i = 0; i < 3; i++) {
            send(0x08, true);
        }
        send_all("\x1e\x9e");
        serve();
        CHECK_TEXT(typed, "\x1e\x9e");
    }
}

TEST(keyboard_waits_for_the_controller)
{
    for (unsigned reads_needed = 0; reads_needed < 50; reads_needed++) {
        power_on();
        busy = reads_needed;
        keyboard_init();
        CHECK(!mouse_is_on);
        CHECK_EQUAL(strays, 0);
        CHECK_EQUAL(busy, 0);
    }
}

TEST(keyboard_that_is_absent_is_left_alone)
{
    power_on();
    absent = true;
    keyboard_init();
    CHECK(host_access_count < 1000000);
    keyboard_set_handler(note);
    for (unsigned i = 0; i < 10; i++) {
        edges = 1;
        serve();
    }
    CHECK_TEXT(typed, "");
}

TEST(keyboard_with_a_stuck_controller_does_not_hang)
{
    power_on();
    stuck = true;
    for (unsigned i = 0; i < QUEUE; i++) {
        send(0x1e, false);
    }
    keyboard_init();
    CHECK(host_access_count < 1000000);
}

// A controller that knows no command for it.
TEST(keyboard_ignores_the_mouse)
{
    start();
    mouse_is_on = true;
    send(0xe0, false);
    send(0x2a, true);
    send(0x48, false);
    serve();
    CHECK_TEXT(typed, "\xe0");
    edges = 1; // whatever the reason
    serve();
    CHECK_TEXT(typed, "\xe0\x48");
}

TEST(keyboard_bears_an_interrupt_without_a_byte)
{
    start();
    for (unsigned i = 0; i < 5; i++) {
        edges = 1;
        serve();
    }
    CHECK_EQUAL(reads, 0);
    CHECK_TEXT(typed, "");
}

TEST(keyboard_without_a_handler_reads_on)
{
    start();
    keyboard_set_handler(NULL);
    send_all("\x2a\x1e\x9e");
    serve();
    CHECK_EQUAL(first, count);
    keyboard_set_handler(note);
    send_all("\x1e\x9e");
    serve();
    CHECK_TEXT(typed, "\x1e\x9e");
}
