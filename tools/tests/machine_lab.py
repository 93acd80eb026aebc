"""Small kernels to try tools/machine on, in a copy of the project."""

import os
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools"))

KERNEL = """\
#include <stdint.h>

#include "drivers/qemu.h"
#include "drivers/serial.h"
#include "kernel/console.h"
#include "kernel/kernel.h"
#include "lib/terminal.h"

%s

void kernel_main(uint32_t boot_info)
{
    kernel_init(boot_info);
    %s
    for (;;) {
    }
}
"""

# An invalid-opcode handler that begins with an invalid opcode.
STORM = ("""\
static uint64_t idt[2 * 32];
static struct { uint16_t limit; uint64_t base; } __attribute__((packed))
    pointer = {sizeof(idt) - 1, 0};
void storm(void);
__asm__(".globl storm\\nstorm: mov $0x180000, %rsp\\nud2");
""", """\
    uint64_t handler = (uint64_t)storm;
    idt[12] = (handler & 0xffff) | 8 << 16 | 0x8e00ul << 32
        | (handler >> 16) << 48;
    pointer.base = (uint64_t)idt;
    kprintf("here it comes");
    __asm__ volatile("lidt %0; ud2" : : "m"(pointer));
""")

# Shows every scan code that the keyboard sends.
KEYS = ("""\
static uint8_t in(uint16_t port)
{
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}
""", """\
    kprintf("ready\\n");
    for (;;) {
        if (in(0x64) & 1) {
            kprintf("%x ", in(0x60));
        }
    }
""")

# A timer that counts in the corner of the screen, and a keyboard whose
# keys are written; each is worth some steps of work.
TICKS = """\
static uint8_t in(uint16_t port)
{
    uint8_t value;
    __asm__ volatile("inb %%1, %%0" : "=a"(value) : "Nd"(port));
    return value;
}

static void out(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %%0, %%1" : : "a"(value), "Nd"(port));
}

struct frame;
static volatile uint16_t *const screen = (uint16_t *)0xb8000;
static volatile unsigned ticks;

__attribute__((interrupt)) static void on_timer(struct frame *frame)
{
    (void)frame;
    const char *text = "ticks:";
    for (unsigned i = 0; text[i]; i++) {
        screen[66 + i] = (uint16_t)(0x0e00 | text[i]);
    }
    unsigned rest = ++ticks;
    for (unsigned i = 79; rest; i--, rest /= 10) {
        screen[i] = (uint16_t)(0x0e00 | ('0' + rest %% 10));
    }
    out(0x20, 0x20);
}

__attribute__((interrupt)) static void on_key(struct frame *frame)
{
    static const char map[] = "??1234567890-=\\b\\tqwertyuiop[]\\n?asdfghjkl"
        ";'`?\\\\zxcvbnm,./?*? ";
    static int shift;
    (void)frame;
    for (volatile unsigned i = 0; i < %d; i++) {
    }
    uint8_t code = in(0x60);
    if ((code & 0x7f) == 0x2a) {
        shift = !(code & 0x80);
    } else if (code < sizeof(map)) {
        char c = map[code];
        kprintf("%%c", shift && c >= 'a' && c <= 'z' ? c - 32 : c);
    }
    out(0x20, 0x20);
}

static uint64_t idt[2 * 48];
static struct { uint16_t limit; uint64_t base; } __attribute__((packed))
    pointer = {sizeof(idt) - 1, 0};

static void gate(unsigned vector, void (*handler)(struct frame *))
{
    uint64_t at = (uint64_t)handler;
    idt[2 * vector] = (at & 0xffff) | 8 << 16 | 0x8e00ul << 32
        | (at >> 16 & 0xffff) << 48;
}

static void start(unsigned rate)
{
    static const uint8_t pic[][2] = {
        {0x20, 0x11}, {0xa0, 0x11}, {0x21, 32}, {0xa1, 40}, {0x21, 4},
        {0xa1, 2}, {0x21, 1}, {0xa1, 1}, {0x21, 0xfc}, {0xa1, 0xff}};
    gate(32, on_timer);
    gate(33, on_key);
    pointer.base = (uint64_t)idt;
    __asm__ volatile("lidt %%0" : : "m"(pointer));
    for (unsigned i = 0; i < sizeof(pic) / 2; i++) {
        out(pic[i][0], pic[i][1]);
    }
    out(0x43, 0x34);
    out(0x40, (uint8_t)(1193182 / rate));
    out(0x40, (uint8_t)(1193182 / rate >> 8));
    while (in(0x64) & 1) {
        in(0x60);
    }
    kprintf("type: ");
    __asm__ volatile("sti");
}
"""


def ticking(then, rate=100, steps=0):
    """A kernel with a timer and a keyboard that then does something."""
    return TICKS % steps, (
        "start(%d);\n    %s" % (rate, then))


SLEEP = "for (;;) { __asm__ volatile(\"hlt\"); }"

KERNELS = {
    "ticks": ticking(SLEEP),
    "thousand": ticking(SLEEP, rate=1000),
    "slow": ticking(SLEEP, steps=4000000),
    "works": ticking(""),
    "talks": ticking("for (;;) { __asm__ volatile(\"hlt\");"
                     " if (ticks % 10 == 0) { kprintf(\"%u \", ticks); } }"),
    "row": ticking("for (;;) { __asm__ volatile(\"hlt\");"
                   " screen[10 + ticks % 40]++; }"),
    "rows": ticking("for (;;) { __asm__ volatile(\"hlt\");"
                    " screen[800 + ticks % 2 * 80]++; }"),
    "late": ticking("for (volatile unsigned i = 0; i < 400000000; i++) { }"
                    " kprintf(\"done\"); " + SLEEP),
    "deaf": ("", "__asm__ volatile(\"hlt\");"),
    "storm": STORM,
    "keys": KEYS,
    "success": ("", "serial_drain(); qemu_exit(QEMU_SUCCESS);"),
    "reset": ("", 'kprintf("good bye"); __asm__ volatile("ud2");'),
    "reboot": ("", 'kprintf("again ");'
                   ' __asm__ volatile("outb %b0, $0x64" : : "a"(0xfe));'),
    "off": ("", '__asm__ volatile("outw %w0, %w1" : : "a"(0x2000),'
                ' "d"(0x604));'),
    "escapes": ("", 'kprintf("\\x1b[31mred\\x1b[2J\\n");'
                    ' for (int i = 0; i < 5000; i++) { kprintf("x"); }'),
    "timer": ("", '__asm__ volatile("sti");'),
    "spin": ("", 'console_set_color(COLOR_WHITE, COLOR_RED);'
                 ' kprintf("red alert");'),
    "busy": ("", 'for (unsigned i = 0;; i++) { kprintf("%u\\n", i); }'),
}


class Lab:
    """The copy of the project."""

    directory = None

    @classmethod
    def path(cls, *parts):
        """A path in the copy."""
        if cls.directory is None:
            cls.directory = tempfile.mkdtemp(prefix="machine lab, ")
            for name in ("04-testing", "tools"):
                shutil.copytree(os.path.join(ROOT, name), cls.path(name),
                                ignore=shutil.ignore_patterns("__pycache__"))
            shutil.copy(os.path.join(ROOT, "common.mk"), cls.directory)
        return os.path.join(cls.directory, *parts)

    @classmethod
    def remove(cls):
        """Removes the copy."""
        if cls.directory is not None:
            shutil.rmtree(cls.directory)

    @classmethod
    def image(cls, name):
        """The image of a kernel, built when it is first asked for."""
        product = "kernel.iso"
        if name != "kernel":
            product = "tests/%s.iso" % name
            with open(cls.path("04-testing/tests/%s.c" % name), "w",
                      encoding="utf-8") as file:
                file.write(KERNEL % KERNELS[name])
        path = cls.path("build/04-testing", product)
        if not os.path.exists(path):
            # Warnings (unused headers and the like) do not matter here.
            done = subprocess.run(
                ["make", "-j2", "../build/04-testing/" + product],
                cwd=cls.path("04-testing"), stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, check=False,
                universal_newlines=True)
            if done.returncode != 0:
                raise AssertionError(done.stdout)
        return path

    @classmethod
    def environment(cls, **changes):
        """The environment without what would change a run."""
        clean = {name: value for name, value in os.environ.items()
                 if name not in ("DISPLAY", "WAYLAND_DISPLAY", "TIMEOUT",
                                 "DISPLAY_MODE", "MACHINE")}
        return {**clean, **changes}

    @classmethod
    def run(cls, *arguments, **environment):
        """Runs tools/run.py as make does; standard input is no terminal."""
        return subprocess.run(
            [sys.executable, cls.path("tools/run.py"), *arguments],
            cwd=cls.path("04-testing"), env=cls.environment(**environment),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, check=False, timeout=200,
            encoding="utf-8", errors="replace")
