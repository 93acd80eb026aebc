#include "lib/scancode.h"

#include <stddef.h>

// Bytes that belong to no key (IBM PS/2 keyboard reference, "Scan Code
// Set 1").
enum {
    BYTE_EXTENDED = 0xe0,
    BYTE_PAUSE = 0xe1,
    BYTE_LOST_TOO = 0x00, // as SCANCODE_LOST
    BIT_RELEASED = 0x80,
};

// Pause sends 0xe1 and these two, for press and release alike; here the
// last one comes first.
enum { PAUSE_TAIL = 2 };
static const uint8_t pause_tail[PAUSE_TAIL] = {0x45, 0x1d};

enum { NUMBER_PAD_SLASH = KEY_EXTENDED | 0x35 };
enum { NUMBER_PAD_ENTER = KEY_EXTENDED | 0x1c };

void decoder_init(struct decoder *decoder, const struct layout *layout)
{
    *decoder = (struct decoder){.layout = layout};
}

void decoder_set_layout(struct decoder *decoder,
                        const struct layout *layout)
{
    decoder->layout = layout;
}

static bool is_modifier(uint8_t code)
{
    switch (code) {
    case KEY_CONTROL:
    case KEY_LEFT_SHIFT:
    case KEY_RIGHT_SHIFT:
    case KEY_ALT:
    case KEY_CAPS_LOCK:
    case KEY_RIGHT_CONTROL:
    case KEY_ALT_GR:
        return true;
    default:
        return false;
    }
}

static bool is_small_letter(char c)
{
    uint8_t byte = (uint8_t)c;
    return (c >= 'a' && c <= 'z') || (byte >= 0xe0 && byte != 0xf7);
}

static char character(const struct decoder *decoder, uint8_t code)
{
    const struct layout *layout = decoder->layout;
    if (code == NUMBER_PAD_SLASH) {
        return '/';
    }
    if (code == NUMBER_PAD_ENTER) {
        return '\n';
    }
    if (code >= LAYOUT_KEYS) {
        return '\0';
    }
    if (decoder->down[KEY_ALT_GR] && layout->alt_gr != NULL &&
        layout->alt_gr[code] != '\0') {
        return layout->alt_gr[code];
    }
    bool shifted = decoder->down[KEY_LEFT_SHIFT] ||
                   decoder->down[KEY_RIGHT_SHIFT];
    if (decoder->caps_lock && is_small_letter(layout->plain[code])) {
        shifted = !shifted;
    }
    return shifted ? layout->shifted[code] : layout->plain[code];
}

static void press(struct decoder *decoder, uint8_t code)
{
    // A key that is held repeats; caps lock must not flicker.
    if (code == KEY_CAPS_LOCK && code != decoder->last) {
        decoder->caps_lock = !decoder->caps_lock;
    }
    decoder->down[code] = true;
    decoder->last = code;
}

static void release(struct decoder *decoder, uint8_t code)
{
    decoder->down[code] = false;
    if (decoder->last == code) {
        decoder->last = 0;
    }
}

static struct key describe(const struct decoder *decoder, uint8_t code)
{
    struct key key = {
        .code = code,
        .character = character(decoder, code),
        .control = decoder->down[KEY_CONTROL] ||
                   decoder->down[KEY_RIGHT_CONTROL],
        .alt = decoder->down[KEY_ALT],
    };
    // As terminals have it: control and A are 1, control and Z are 26.
    if (key.control && key.character >= '@' && key.character <= '~') {
        key.character &= 0x1f;
    }
    return key;
}

// Releases may have been lost.
static void forget_keys(struct decoder *decoder)
{
    bool caps_lock = decoder->caps_lock;
    decoder_init(decoder, decoder->layout);
    decoder->caps_lock = caps_lock;
}

bool decoder_feed(struct decoder *decoder, uint8_t byte,
                  struct key *key)
{
    if (byte == SCANCODE_LOST || byte == BYTE_LOST_TOO) {
        forget_keys(decoder);
        return false;
    }
    if (decoder->skip > 0) {
        decoder->skip--;
        if ((byte & ~BIT_RELEASED) == pause_tail[decoder->skip]) {
            return false;
        }
        decoder->skip = 0; // the rest of it was lost
    }
    if (byte == BYTE_PAUSE) {
        decoder->skip = PAUSE_TAIL;
        decoder->extended = false;
        return false;
    }
    if (byte == BYTE_EXTENDED) {
        decoder->extended = true;
        return false;
    }

    uint8_t code = byte & (uint8_t)~BIT_RELEASED;
    if (decoder->extended) {
        decoder->extended = false;
        if (code == KEY_LEFT_SHIFT || code == KEY_RIGHT_SHIFT) {
            return false; // sent along with others, never pressed
        }
        code |= KEY_EXTENDED;
    }
    if ((byte & BIT_RELEASED) != 0) {
        release(decoder, code);
        return false;
    }
    press(decoder, code);
    if (is_modifier(code)) {
        return false;
    }
    *key = describe(decoder, code);
    return true;
}
