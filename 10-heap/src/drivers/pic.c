#include "drivers/pic.h"

#include <stdbool.h>
#include <stddef.h>

#include "arch/io.h"
#include "lib/panic.h"

// 8259A data sheet, "Initialization Command Words" and "Operation
// Command Words".
enum {
    PRIMARY_COMMAND = 0x20,
    PRIMARY_DATA = 0x21,
    SECONDARY_COMMAND = 0xa0,
    SECONDARY_DATA = 0xa1,
};

enum {
    ICW1_BEGIN = 0x11, // edge triggered, cascaded, ICW4 follows
    ICW4_8086 = 0x01,
    OCW2_END_OF_INTERRUPT = 0x20,
    OCW3_READ_IN_SERVICE = 0x0b,
};

// Each controller has this many lines.
enum { LINES = IRQ_SECONDARY_FIRST };

static interrupt_handler *handlers[IRQ_COUNT];
static unsigned masked = 0xffff; // a bit for each line

// Old controllers need a moment between two commands.
static void pic_write(port_t port, unsigned value)
{
    io_write8(port, (uint8_t)value);
    io_delay();
}

static void write_masks(void)
{
    pic_write(PRIMARY_DATA, masked);
    pic_write(SECONDARY_DATA, masked >> LINES);
}

// If a line goes quiet before the CPU has asked which one it was, the
// controller reports its last line, which is then not in service.
static bool is_spurious(unsigned line)
{
    if (line % LINES != LINES - 1) {
        return false;
    }
    port_t command = line < LINES ? PRIMARY_COMMAND : SECONDARY_COMMAND;
    pic_write(command, OCW3_READ_IN_SERVICE);
    return (io_read8(command) & (1u << (LINES - 1))) == 0;
}

static void pic_interrupt(struct trap_frame *frame)
{
    unsigned line = (unsigned)frame->vector - IRQ_VECTOR;
    bool spurious = is_spurious(line);
    if (!spurious) {
        kassert(handlers[line] != NULL);
        handlers[line](frame);
    }

    // The end of the interrupt.  A spurious one was never in service
    // and has none; but the first controller does serve the second.
    if (line >= LINES) {
        if (!spurious) {
            pic_write(SECONDARY_COMMAND, OCW2_END_OF_INTERRUPT);
        }
        pic_write(PRIMARY_COMMAND, OCW2_END_OF_INTERRUPT);
    } else if (!spurious) {
        pic_write(PRIMARY_COMMAND, OCW2_END_OF_INTERRUPT);
    }
}

void pic_init(void)
{
    for (unsigned line = 0; line < IRQ_COUNT; line++) {
        interrupts_handle(IRQ_VECTOR + line, pic_interrupt);
    }

    pic_write(PRIMARY_COMMAND, ICW1_BEGIN);
    pic_write(SECONDARY_COMMAND, ICW1_BEGIN);
    pic_write(PRIMARY_DATA, IRQ_VECTOR); // ICW2: the first line's vector
    pic_write(SECONDARY_DATA, IRQ_VECTOR + LINES);
    pic_write(PRIMARY_DATA, 1u << IRQ_SECONDARY); // ICW3: on which line
    pic_write(SECONDARY_DATA, IRQ_SECONDARY);     // ICW3: its number
    pic_write(PRIMARY_DATA, ICW4_8086);
    pic_write(SECONDARY_DATA, ICW4_8086);
    write_masks();
}

void pic_handle(enum irq line, interrupt_handler *handler)
{
    kassert(line < IRQ_COUNT && line != IRQ_SECONDARY);
    kassert(handler != NULL);
    handlers[line] = handler;

    masked &= ~(1u << line);
    if (line >= IRQ_SECONDARY_FIRST) {
        masked &= ~(1u << IRQ_SECONDARY);
    }
    write_masks();
}
