// From the bytes that a keyboard sends to keys and characters.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/layout.h"

// A key is known by its scancode (set 1, "IBM PC/XT"): the byte that it
// sends when it is pressed.  Keys that came later send 0xe0 before it.
enum { KEY_EXTENDED = 0x80, KEY_COUNT = 0x100 };
enum key_code {
    KEY_CONTROL = 0x1d,
    KEY_LEFT_SHIFT = 0x2a,
    KEY_RIGHT_SHIFT = 0x36,
    KEY_ALT = 0x38,
    KEY_CAPS_LOCK = 0x3a,
    KEY_F1 = 0x3b, // up to F10 = 0x44
    KEY_F2 = 0x3c,
    KEY_RIGHT_CONTROL = KEY_EXTENDED | 0x1d,
    KEY_ALT_GR = KEY_EXTENDED | 0x38,
    KEY_HOME = KEY_EXTENDED | 0x47,
    KEY_UP = KEY_EXTENDED | 0x48,
    KEY_PAGE_UP = KEY_EXTENDED | 0x49,
    KEY_LEFT = KEY_EXTENDED | 0x4b,
    KEY_RIGHT = KEY_EXTENDED | 0x4d,
    KEY_END = KEY_EXTENDED | 0x4f,
    KEY_DOWN = KEY_EXTENDED | 0x50,
    KEY_PAGE_DOWN = KEY_EXTENDED | 0x51,
    KEY_INSERT = KEY_EXTENDED | 0x52,
    KEY_DELETE = KEY_EXTENDED | 0x53,
};

// The byte by which a keyboard says that it has lost some.  Code that
// loses bytes itself must pass this to the decoder in their place: the
// release of a shift key may have been among them.
enum { SCANCODE_LOST = 0xff };

// A key that was pressed, or that repeats because it is held.
struct key {
    uint8_t code;   // an enum key_code, or another scancode
    char character; // in Latin-1; '\0' if it has none
    bool control;   // whether these were down
    bool alt;
};

// The fields are private to scancode.c.
struct decoder {
    const struct layout *layout;
    bool down[KEY_COUNT];
    bool caps_lock;
    uint8_t last;  // the key that would repeat
    bool extended; // 0xe0 has come
    unsigned skip; // how many bytes of Pause are still to come
};

// Begins with no key down.  `layout` must outlive the decoder.
void decoder_init(struct decoder *decoder, const struct layout *layout);

// From the next key on.
void decoder_set_layout(struct decoder *decoder,
                        const struct layout *layout);

// Takes the next byte.  True if a key was pressed, and `*key` is it;
// the modifiers, shift and the like, only change what others mean.
// Whatever bytes come, and whichever are lost, a key that is pressed
// and released again is up.
bool decoder_feed(struct decoder *decoder, uint8_t byte,
                  struct key *key);
