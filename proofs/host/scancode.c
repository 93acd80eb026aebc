// The decoder of scancodes against a keyboard: keys go down and up at
// random, the model knows which are down and what each should mean, and
// the decoder sees only the bytes.
// needs: src/lib/scancode.h src/lib/scancode.c src/lib/layout.h
#include "lib/scancode.h"

#include <stdio.h>
#include <string.h>

#include "host.h"
#include "test/test.h"

// --- The keyboard -----------------------------------------------------

// What each key sends, and what is printed on it, in Latin-1: plain and
// shifted on a US keyboard; plain, shifted and with AltGr on a German
// one (DIN 2137).  In a row where AltGr means nothing at all the layout
// has no third level; here that is a '?'.
enum { NONE = '\0', EXTENDED = 0x80 };
struct cap {
    uint8_t code; // of set 1, with EXTENDED for 0xe0
    char us[2];
    char german[3];
};
static const struct cap caps[] = {
    {0x01, "\x1b\x1b", "\x1b\x1b\x1b"},
    {0x02, "1!", {'1', '!', NONE}},
    {0x03, "2@", "2\"\xb2"},
    {0x04, "3#", "3\xa7\xb3"},
    {0x05, "4$", {'4', '$', NONE}},
    {0x06, "5%", {'5', '%', NONE}},
    {0x07, "6^", {'6', '&', NONE}},
    {0x08, "7&", "7/{"},
    {0x09, "8*", "8(["},
    {0x0a, "9(", "9)]"},
    {0x0b, "0)", "0=}"},
    {0x0c, "-_", "\xdf?\\"},
    {0x0d, "=+", {'\xb4', '`', NONE}},
    {0x0e, "\b\b", "\b\b\b"},
    {0x0f, "\t\t", "\t\t\t"},
    {0x10, "qQ", "qQ@"},
    {0x11, "wW", {'w', 'W', NONE}},
    {0x12, "eE", {'e', 'E', NONE}}, // the euro is not in Latin-1
    {0x13, "rR", {'r', 'R', NONE}},
    {0x14, "tT", {'t', 'T', NONE}},
    {0x15, "yY", {'z', 'Z', NONE}},
    {0x16, "uU", {'u', 'U', NONE}},
    {0x17, "iI", {'i', 'I', NONE}},
    {0x18, "oO", {'o', 'O', NONE}},
    {0x19, "pP", {'p', 'P', NONE}},
    {0x1a, "[{", {'\xfc', '\xdc', NONE}},
    {0x1b, "]}", "+*~"},
    {0x1c, "\n\n", "\n\n\n"},
    {0x1e, "aA", {'a', 'A', '?'}},
    {0x1f, "sS", {'s', 'S', '?'}},
    {0x20, "dD", {'d', 'D', '?'}},
    {0x21, "fF", {'f', 'F', '?'}},
    {0x22, "gG", {'g', 'G', '?'}},
    {0x23, "hH", {'h', 'H', '?'}},
    {0x24, "jJ", {'j', 'J', '?'}},
    {0x25, "kK", {'k', 'K', '?'}},
    {0x26, "lL", {'l', 'L', '?'}},
    {0x27, ";:", {'\xf6', '\xd6', '?'}},
    {0x28, "'\"", {'\xe4', '\xc4', '?'}},
    {0x29, "`~", {'^', '\xb0', '?'}},
    {0x2b, "\\|", {'#', '\'', NONE}},
    {0x2c, "zZ", {'y', 'Y', NONE}},
    {0x2d, "xX", {'x', 'X', NONE}},
    {0x2e, "cC", {'c', 'C', NONE}},
    {0x2f, "vV", {'v', 'V', NONE}},
    {0x30, "bB", {'b', 'B', NONE}},
    {0x31, "nN", {'n', 'N', NONE}},
    {0x32, "mM", "mM\xb5"},
    {0x33, ",<", {',', ';', NONE}},
    {0x34, ".>", {'.', ':', NONE}},
    {0x35, "/?", {'-', '_', NONE}},
    {0x37, "**", "***"},
    {0x39, "  ", "   "},
    {0x47, "77", "777"},
    {0x48, "88", "888"},
    {0x49, "99", "999"},
    {0x4a, "--", "---"},
    {0x4b, "44", "444"},
    {0x4c, "55", "555"},
    {0x4d, "66", "666"},
    {0x4e, "++", "+++"},
    {0x4f, "11", "111"},
    {0x50, "22", "222"},
    {0x51, "33", "333"},
    {0x52, "00", "000"},
    {0x53, "..", "..."},
    {0x56, "\\|", "<>|"},
    {EXTENDED | 0x1c, "\n\n", "\n\n\n"},
    {EXTENDED | 0x35, "//", "///"},
};

// The keys that print nothing: F1 to F12, num lock, scroll lock; the
// cursor's, the Windows and the menu keys.
static const uint8_t silent[] = {
    0x3b, 0x3c, 0x3d, 0x3e, 0x3f, 0x40, 0x41, 0x42, 0x43, 0x44, 0x57, 0x58,
    0x45, 0x46, 0xc7, 0xc8, 0xc9, 0xcb, 0xcd, 0xcf, 0xd0, 0xd1, 0xd2, 0xd3,
    0xdb, 0xdc, 0xdd,
};

enum {
    CONTROL = 0x1d,
    SHIFT = 0x2a,
    RIGHT_SHIFT = 0x36,
    ALT = 0x38,
    CAPS = 0x3a,
    RIGHT_CONTROL = EXTENDED | 0x1d,
    ALT_GR = EXTENDED | 0x38,
};
static const uint8_t modifiers[] = {
    CONTROL, SHIFT, RIGHT_SHIFT, ALT, CAPS, RIGHT_CONTROL, ALT_GR,
};
#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static struct decoder decoder;
static bool german;
static bool down[256];
static bool caps_lock;
static int repeats; // the key that repeats while it is held, or -1

static void plug_in(bool is_german)
{
    german = is_german;
    memset(down, 0, sizeof(down));
    caps_lock = false;
    repeats = -1;
    decoder_init(&decoder, german ? &layout_german : &layout_us);
}

static bool is_modifier(uint8_t code)
{
    return memchr(modifiers, code, sizeof(modifiers)) != NULL;
}

static const struct cap *find_cap(uint8_t code)
{
    for (size_t i = 0; i < LENGTH(caps); i++) {
        if (caps[i].code == code) {
            return &caps[i];
        }
    }
    return NULL;
}

static bool has_capital(char plain, char shifted)
{
    return (plain >= 'a' && plain <= 'z' && shifted == plain - 32) ||
           ((uint8_t)plain >= 0xe0 && (uint8_t)shifted + 32 ==
                                          (uint8_t)plain);
}

// The character of a key, with the others as they are.
static char meaning(uint8_t code)
{
    const struct cap *cap = find_cap(code);
    if (cap == NULL) {
        return NONE;
    }
    char c;
    const char *print = german ? cap->german : cap->us;
    bool shifted = down[SHIFT] || down[RIGHT_SHIFT];
    if (caps_lock && has_capital(print[0], print[1])) {
        shifted = !shifted;
    }
    c = print[shifted];
    if (german && down[ALT_GR]) {
        c = print[2] == '?' || print[2] == NONE ? c : print[2];
    }
    bool control = down[CONTROL] || down[RIGHT_CONTROL];
    if (control && c >= 0x40 && c < 0x7f) {
        c = (char)(c % 32);
    }
    return c;
}

static void feed_silently(uint8_t byte)
{
    struct key key;
    CHECK(!decoder_feed(&decoder, byte, &key));
}

static void prefix(uint8_t code)
{
    if ((code & EXTENDED) != 0) {
        feed_silently(0xe0);
    }
}

// Also what a held key sends again and again.
static void press(uint8_t code)
{
    bool again = down[code];
    down[code] = true;
    repeats = code;
    prefix(code);
    if (is_modifier(code)) {
        caps_lock ^= code == CAPS && !again;
        feed_silently(code & 0x7f);
        return;
    }
    struct key key = {.code = 0};
    bool pressed = decoder_feed(&decoder, code & 0x7f, &key);
    CHECK(pressed);
    if (pressed) {
        CHECK_EQUAL(key.code, code);
        CHECK_EQUAL((uint8_t)key.character, (uint8_t)meaning(code));
        CHECK_EQUAL(key.control, down[CONTROL] || down[RIGHT_CONTROL]);
        CHECK_EQUAL(key.alt, down[ALT]);
    }
}

static void release(uint8_t code)
{
    down[code] = false;
    if (repeats == code) {
        repeats = -1;
    }
    prefix(code);
    feed_silently(code | 0x80);
}

// --- Every key --------------------------------------------------------

static uint8_t any_key(void)
{
    unsigned which = host_random_below(10);
    if (which < 3) {
        return modifiers[host_random_below(LENGTH(modifiers))];
    }
    if (which < 4) {
        return silent[host_random_below(LENGTH(silent))];
    }
    return caps[host_random_below(LENGTH(caps))].code;
}

TEST(scancodes_of_every_key_with_all_modifiers)
{
    for (unsigned held = 0; held < 1u << (LENGTH(modifiers) + 1); held++) {
        plug_in(held & 1);
        for (size_t i = 0; i < LENGTH(modifiers); i++) {
            if ((held & 2u << i) != 0) {
                press(modifiers[i]);
            }
        }
        for (size_t i = 0; i < LENGTH(caps); i++) {
            press(caps[i].code);
            release(caps[i].code);
        }
        for (size_t i = 0; i < LENGTH(silent); i++) {
            press(silent[i]);
            release(silent[i]);
        }
    }
}

// --- Generated typing -------------------------------------------------

static void send(const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        feed_silently((uint8_t)bytes[i]);
    }
}

// What some keys send around others: shifts that nobody has pressed or
// let go, with or without shift; and Pause, whole.
static void send_extra(void)
{
    switch (host_random_below(5)) {
    case 0:
        send("\xe0\x2a", 2);
        break;
    case 1:
        send("\xe0\xaa", 2);
        break;
    case 2:
        send("\xe0\x36", 2);
        break;
    case 3:
        send("\xe0\xb6", 2);
        break;
    default:
        send("\xe1\x1d\x45\xe1\x9d\xc5", 6);
        break;
    }
}

static void type_at_random(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        uint8_t code = any_key();
        unsigned what = host_random_below(16);
        if (what == 0) {
            send_extra();
        } else if (what == 1) {
            german = !german;
            decoder_set_layout(&decoder,
                               german ? &layout_german : &layout_us);
        } else if (what < 4 && repeats >= 0) {
            press((uint8_t)repeats);
        } else if (down[code]) {
            release(code);
        } else {
            press(code);
        }
    }
}

TEST(scancodes_of_generated_typing)
{
    for (unsigned i = 0; i < 500; i++) {
        plug_in(i % 2 == 1);
        type_at_random(400);
    }
}

// --- Bytes that are lost or wrong -------------------------------------

static void feed_garbage(unsigned count)
{
    // Bytes that keyboards do send come more often than others.
    static const uint8_t frequent[] = {0x2a, 0xaa, 0x36, 0xb6, 0x1d, 0x9d,
                                       0x38, 0xb8, 0xe0, 0xe0, 0xe1, 0x45,
                                       0x1e, 0x00, 0xff};
    for (unsigned i = 0; i < count; i++) {
        struct key key;
        uint8_t byte =
            host_random_below(2) == 0
                ? (uint8_t)host_random()
                : frequent[host_random_below(sizeof(frequent))];
        decoder_feed(&decoder, byte, &key);
    }
}

// Presses and releases a key, whatever the decoder makes of it.
static void stroke(uint8_t code)
{
    struct key key;
    for (unsigned released = 0; released <= 0x80; released += 0x80) {
        if ((code & EXTENDED) != 0) {
            decoder_feed(&decoder, 0xe0, &key);
        }
        decoder_feed(&decoder, (code & 0x7f) | (uint8_t)released, &key);
    }
}

// What the letter q is now: q or Q, and which modifiers are down.
static struct key look(void)
{
    struct key key = {.character = NONE};
    CHECK(decoder_feed(&decoder, 0x10, &key));
    decoder_feed(&decoder, 0x90, &key);
    return key;
}

TEST(scancodes_recover_from_any_bytes)
{
    for (unsigned i = 0; i < 20000; i++) {
        plug_in(i % 2 == 1);
        feed_garbage(i % 12);
        for (size_t m = 0; m < LENGTH(modifiers); m++) {
            if (modifiers[m] != CAPS) {
                stroke(modifiers[m]);
            }
        }
        // Left control is what an 0xe0 without its key turns to the
        // right one; now that was let go, too.
        struct key key = look();
        CHECK(key.character == 'q' || key.character == 'Q');
        CHECK(!key.control);
        CHECK(!key.alt);
        // Caps lock, whatever it is, can be changed.
        stroke(CAPS);
        struct key other = look();
        CHECK_EQUAL(other.character ^ key.character, 0x20);
    }
}

TEST(scancodes_recover_from_a_lost_release)
{
    for (size_t m = 0; m < LENGTH(modifiers); m++) {
        struct key key;
        if (modifiers[m] == CAPS) {
            continue; // pressed again it looks as if it repeats
        }
        plug_in(true);
        prefix(modifiers[m]);
        feed_silently(modifiers[m] & 0x7f);
        stroke(modifiers[m]);
        key = look();
        CHECK_EQUAL(key.character, 'q');
        CHECK(!key.control && !key.alt);
    }
}

TEST(scancodes_lost_keys_are_told_by_the_keyboard)
{
    for (unsigned i = 0; i < 2000; i++) {
        struct key key;
        plug_in(i % 2 == 1);
        type_at_random(i % 50);
        CHECK(!decoder_feed(&decoder, i % 3 == 0 ? 0x00 : 0xff, &key));
        memset(down, 0, sizeof(down)); // as far as anybody knows
        repeats = -1;
        type_at_random(20);
    }
}

// --- The layouts ------------------------------------------------------

static void check_layout(const struct layout *layout)
{
    // Nothing is past the last key that either of them has.
    for (size_t i = 0; i < LENGTH(caps); i++) {
        CHECK((caps[i].code & EXTENDED) != 0 ||
              caps[i].code < LAYOUT_KEYS);
    }
    CHECK_EQUAL(layout->plain[0], '\0');
    CHECK_EQUAL(layout->shifted[0], '\0');
    CHECK_EQUAL(layout->plain[LAYOUT_KEYS], '\0');
    CHECK_EQUAL(layout->shifted[LAYOUT_KEYS], '\0');
    for (unsigned code = 0; code < LAYOUT_KEYS; code++) {
        // A key has two characters or none.
        CHECK_EQUAL(layout->plain[code] == '\0',
                    layout->shifted[code] == '\0');
    }
}

TEST(layouts_are_of_equal_length)
{
    check_layout(&layout_us);
    check_layout(&layout_german);
    CHECK_TEXT(layout_us.name, "US");
    CHECK_TEXT(layout_german.name, "German");
}
