#include "lib/layout.h"

#include <stddef.h>

const struct key_row common_keys[] = {
    {0x01, "\x1b", "\x1b", NULL}, // escape
    {0x0e, "\b\t", "\b\t", NULL}, // backspace, tab
    {0x1c, "\n", "\n", NULL},     // enter
    {0x37, "*", "*", NULL},       // from here on the number pad
    {0x39, " ", " ", NULL},
    {0x47, "789-456+1230.", "789-456+1230.", NULL},
    {0},
};

static const struct key_row us_rows[] = {
    {0x02, "1234567890-=", "!@#$%^&*()_+", NULL},
    {0x10, "qwertyuiop[]", "QWERTYUIOP{}", NULL},
    {0x1e, "asdfghjkl;'`", "ASDFGHJKL:\"~", NULL},
    {0x2b, "\\zxcvbnm,./", "|ZXCVBNM<>?", NULL},
    {0x56, "\\", "|", NULL},
    {0},
};

const struct layout layout_us = {.name = "US", .rows = us_rows};

// With the letters of Latin-1: \xe4 is a with two dots, \xdf sharp s.
static const struct key_row german_rows[] = {
    {0x02, "1234567890\xdf\xb4", "!\"\xa7$%&/()=?`",
     " \xb2\xb3   {[]}\\"},
    {0x10, "qwertzuiop\xfc+", "QWERTZUIOP\xdc*", "@          ~"},
    {0x1e, "asdfghjkl\xf6\xe4^", "ASDFGHJKL\xd6\xc4\xb0", NULL},
    {0x2b, "#yxcvbnm,.-", "'YXCVBNM;:_", "       \xb5"},
    {0x56, "<", ">", "|"},
    {0},
};

const struct layout layout_german = {
    .name = "German",
    .rows = german_rows,
};
