#include "lib/layout.h"

#include <stddef.h>

// A layout goes through the keyboard row by row.  These parts are the
// same everywhere; "\0" is a key without a character.
#define ESCAPE "\0\x1b"              // no key has scancode 0
#define BACKSPACE "\b\t"             // and tab
#define ENTER "\n\0"                 // and control
#define SPACE "\0*\0 \0"             // right shift, pad, alt, caps lock
#define F1_TO_F10 "\0\0\0\0\0\0\0\0\0\0"
#define PAD "\0\0" "789-456+1230." "\0\0" // with num and scroll lock

// The strings end with the 87th key; the 0 byte that C adds is one
// more.
#define CHECK_SIZE(layout) \
    _Static_assert(sizeof(layout) == LAYOUT_KEYS + 1, "a key too few")

static const char us_plain[] =
    ESCAPE "1234567890-=" BACKSPACE "qwertyuiop[]" ENTER "asdfghjkl;'`"
    "\0" "\\" "zxcvbnm,./" SPACE F1_TO_F10 PAD "\\";
CHECK_SIZE(us_plain);

static const char us_shifted[] =
    ESCAPE "!@#$%^&*()_+" BACKSPACE "QWERTYUIOP{}" ENTER "ASDFGHJKL:\"~"
    "\0" "|" "ZXCVBNM<>?" SPACE F1_TO_F10 PAD "|";
CHECK_SIZE(us_shifted);

const struct layout layout_us = {
    .name = "US",
    .plain = us_plain,
    .shifted = us_shifted,
};

// With the letters of Latin-1: \xe4 is a with two dots, \xdf sharp s.
static const char german_plain[] =
    ESCAPE "1234567890\xdf\xb4" BACKSPACE "qwertzuiop\xfc+" ENTER
    "asdfghjkl\xf6\xe4^" "\0" "#" "yxcvbnm,.-" SPACE F1_TO_F10 PAD "<";
CHECK_SIZE(german_plain);

static const char german_shifted[] =
    ESCAPE "!\"\xa7$%&/()=?`" BACKSPACE "QWERTZUIOP\xdc*" ENTER
    "ASDFGHJKL\xd6\xc4\xb0" "\0" "'" "YXCVBNM;:_" SPACE F1_TO_F10 PAD
    ">";
CHECK_SIZE(german_shifted);

static const char german_alt_gr[] =
    "\0\0" "\0\xb2\xb3\0\0\0{[]}\\\0" "\0\0" "@\0\0\0\0\0\0\0\0\0\0~"
    "\0\0" "\0\0\0\0\0\0\0\0\0\0\0\0" "\0\0" "\0\0\0\0\0\0\xb5\0\0\0"
    "\0\0\0\0\0" F1_TO_F10 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" "|";
CHECK_SIZE(german_alt_gr);

const struct layout layout_german = {
    .name = "German",
    .plain = german_plain,
    .shifted = german_shifted,
    .alt_gr = german_alt_gr,
};
