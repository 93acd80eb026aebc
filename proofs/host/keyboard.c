// The keyboard's driver against a model of its controller (8042) and of
// the edge by which it interrupts.
// needs: src/drivers/keyboard.h src/drivers/keyboard.c src/lib/scancode.h
// needs: src/drivers/pic.h
#include "drivers/keyboard.h"

#include "arch/cpu.h"
#include "drivers/pic.h"
#include "host.h"
#include "test/test.h"

// --- The model --------------------------------------------------------

enum { QUEUE = 1024 };
enum { FULL = 1 << 0, FROM_MOUSE = 1 << 5, ALWAYS = 0x1c };

static struct {
    uint8_t byte;
    bool from_mouse;
} queue[QUEUE];
static unsigned first, count; // what is to be read is at `first`
static unsigned edges;        // interrupts that have not been taken
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

static uint8_t read(uint16_t port)
{
    if (absent) {
        return 0xff;
    }
    if (port == 0x64) {
        bool mouse = first < count && queue[first].from_mouse;
        return (uint8_t)(ALWAYS | (first < count ? FULL : 0) |
                         (mouse ? FROM_MOUSE : 0));
    }
    strays += port != 0x60;
    reads++;
    if (first == count) {
        empty_reads++;
        return 0;
    }
    uint8_t byte = queue[first++].byte;
    edges += first < count; // the next one takes its place
    return byte;
}

static void write(uint16_t port, uint8_t value)
{
    (void)port;
    (void)value;
    strays++;
}

static void send(uint8_t byte, bool from_mouse)
{
    edges += first == count;
    queue[count].byte = byte;
    queue[count++].from_mouse = from_mouse;
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

static void note(struct key key)
{
    typed[length++] = key.character != '\0' ? key.character : '?';
    typed[length] = '\0';
}

static void power_on(void)
{
    host_device(read, write);
    first = count = edges = reads = empty_reads = strays = 0;
    absent = false;
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

TEST(keyboard_tells_what_is_typed)
{
    start();
    // One byte at a time, and then all at once.
    for (const char *c = "\x23\xa3\x17\x97"; *c != '\0'; c++) {
        send((uint8_t)*c, false);
        serve();
    }
    CHECK_TEXT(typed, "hi");
    send_all("\x2a\x23\xa3\xaa\x17\x97\xe0\x48\xe0\xc8");
    serve();
    CHECK_TEXT(typed, "hiHi?");
    CHECK_EQUAL(first, count);
    CHECK_EQUAL(empty_reads, 0);
    CHECK_EQUAL(strays, 0);
}

TEST(keyboard_lives_after_keys_while_booting)
{
    for (unsigned waiting = 0; waiting <= 16; waiting++) {
        power_on();
        for (unsigned i = 0; i < waiting; i++) {
            // Shift goes down, and up only later.
            send(i == 0 ? 0x2a : 0x1e, i % 5 == 4);
        }
        keyboard_init();
        keyboard_set_handler(note);
        CHECK_EQUAL(first, count);
        send_all("\xaa\x30\xb0");
        serve();
        CHECK_TEXT(typed, "b");
    }
}

TEST(keyboard_that_is_absent_is_left_alone)
{
    power_on();
    absent = true;
    keyboard_init();
    CHECK(host_access_count < 1000);
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
    for (unsigned i = 0; i < QUEUE; i++) {
        send(0x1e, false);
    }
    keyboard_init();
    CHECK(host_access_count < 10000);
}

TEST(keyboard_ignores_the_mouse)
{
    start();
    for (unsigned i = 0; i < 256; i++) {
        send((uint8_t)i, true);
    }
    serve();
    CHECK_EQUAL(first, count);
    CHECK_TEXT(typed, "");
    // In the middle of what the keyboard says.
    send(0xe0, false);
    send(0x2a, true);
    send(0x48, false);
    send(0x1e, false);
    serve();
    CHECK_TEXT(typed, "?a");
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
    send_all("\x1e\x9e\xaa\x1e"); // shift was seen
    serve();
    CHECK_TEXT(typed, "Aa");
}

// German after every second key.
static void note_and_change(struct key key)
{
    note(key);
    keyboard_set_layout(length % 2 == 1 ? &layout_german : &layout_us);
}

TEST(keyboard_layout_can_change_within_a_key)
{
    start();
    send_all("\x2c");
    serve();
    keyboard_set_handler(note_and_change);
    send_all("\x2a\x2c\x2c\x2c\xaa\x2c");
    serve();
    CHECK_TEXT(typed, "zZZYz");
}

TEST(keyboard_layout_leaves_the_interrupt_flag_alone)
{
    start();
    uint64_t off = host_cpu_flags;
    keyboard_set_layout(&layout_german);
    CHECK_EQUAL(host_cpu_flags, off);
    cpu_enable_interrupts();
    uint64_t on = host_cpu_flags;
    keyboard_set_layout(&layout_us);
    CHECK_EQUAL(host_cpu_flags, on);
}

TEST(keyboard_begins_with_the_us_layout)
{
    start();
    keyboard_set_layout(&layout_german);
    start();
    send_all("\x2c\x0d");
    serve();
    CHECK_TEXT(typed, "z=");
}
