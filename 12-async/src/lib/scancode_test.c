#include "lib/scancode.h"

#include <stddef.h>

#include "test/test.h"

static struct decoder decoder;

// What a sequence of bytes types.
static const char *typed(const struct layout *layout,
                         const char *bytes, size_t count)
{
    static char text[32];
    size_t length = 0;
    decoder_init(&decoder, layout);
    for (size_t i = 0; i < count; i++) {
        struct key key;
        if (decoder_feed(&decoder, (uint8_t)bytes[i], &key) &&
            key.character != '\0' && length < sizeof(text) - 1) {
            text[length++] = key.character;
        }
    }
    text[length] = '\0';
    return text;
}

#define TYPED(layout, bytes) \
    typed(&(layout), (bytes), sizeof(bytes) - 1)

TEST(scancodes_become_letters)
{
    CHECK_TEXT(TYPED(layout_us, "\x23\xa3\x17\x97"), "hi");
    CHECK_TEXT(TYPED(layout_us, "\x2c\x15"), "zy");
    CHECK_TEXT(TYPED(layout_german, "\x2c\x15"), "yz");
}

TEST(scancodes_shift_while_it_is_down)
{
    CHECK_TEXT(TYPED(layout_us, "\x2a\x1e\x02\xaa\x1e\x02"), "A!a1");
    CHECK_TEXT(TYPED(layout_us, "\x36\x2a\xaa\x1e\xb6\x1e"), "Aa");
}

TEST(scancodes_caps_lock_is_for_letters)
{
    CHECK_TEXT(TYPED(layout_us, "\x3a\xba\x1e\x02\x2a\x1e\x02"),
               "A1a!");
    // Held down it repeats, and is still one press.
    CHECK_TEXT(TYPED(layout_us, "\x3a\x3a\x3a\xba\x1e"), "A");
    CHECK_TEXT(TYPED(layout_us, "\x3a\xba\x3a\xba\x1e"), "a");
}

TEST(scancodes_alt_gr_is_a_third_level)
{
    CHECK_TEXT(TYPED(layout_german, "\xe0\x38\x10\xe0\xb8\x10"), "@q");
    CHECK_TEXT(TYPED(layout_german, "\xe0\x38\x03\x09\x1e"), "\xb2[a");
}

TEST(scancodes_control_makes_control_characters)
{
    CHECK_TEXT(TYPED(layout_us, "\x1d\x2e\x9d\x2e"), "\x03"
                                                     "c");
}

TEST(scancodes_of_extended_keys_are_others)
{
    struct key key;
    decoder_init(&decoder, &layout_us);
    CHECK(!decoder_feed(&decoder, 0xe0, &key));
    CHECK(decoder_feed(&decoder, 0x48, &key));
    CHECK_EQUAL(key.code, KEY_UP);
    CHECK_EQUAL(key.character, '\0');
    CHECK(decoder_feed(&decoder, 0x48, &key));
    CHECK_EQUAL(key.character, '8');
    // With a shift that was never pressed.
    CHECK_TEXT(TYPED(layout_us, "\xe0\x2a\xe0\x47\x1e"), "a");
}

TEST(scancodes_of_pause_are_no_keys)
{
    struct key key;
    decoder_init(&decoder, &layout_us);
    const uint8_t pause[] = {0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5};
    for (size_t i = 0; i < sizeof(pause); i++) {
        CHECK(!decoder_feed(&decoder, pause[i], &key));
    }
    CHECK(decoder_feed(&decoder, 0x1e, &key));
    CHECK_EQUAL(key.character, 'a');
}

TEST(scancodes_recover_from_lost_ones)
{
    // The release of shift was lost; it is pressed and released again.
    CHECK_TEXT(TYPED(layout_us, "\x2a\x1e\x2a\xaa\x1e"), "Aa");
    // The keyboard says that it has lost some.
    CHECK_TEXT(TYPED(layout_us, "\x2a\x1e\xff\x1e"), "Aa");
    CHECK_TEXT(TYPED(layout_us, "\x2a\x1e\x00\x1e"), "Aa");
}
