// Keyboard layouts: which character is on which key.
#pragma once

// The scancodes that layouts know are below this.
enum { LAYOUT_KEYS = 0x57 };

// The characters of the keys, by scancode, in Latin-1; '\0' is none.
struct layout {
    const char *name;
    const char *plain;
    const char *shifted;
    const char *alt_gr; // or NULL
};

extern const struct layout layout_us;
extern const struct layout layout_german;
