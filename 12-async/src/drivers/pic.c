#include "drivers/pic.h"

#include <stdbool.h>
#include <stddef.h>

#include "arch/io.h"
#include "kernel/panic.h"

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

// Writing to this port does nothing, and takes the moment that old
// controllers need between two commands.
enum { DELAY_PORT = 0x80 };

static interrupt_handler *handlers[IRQ_COUNT];
static unsigned masked = 0xffff; // a bit for each line
static unsigned spurious_count;

static void write(port_t port, unsigned value)
{
    io_write8(port, (uint8_t)value);
    io_write8(DELAY_PORT, 0);
}

static void write_masks(void)
{
    write(PRIMARY_DATA, masked);
    write(SECONDARY_DATA, masked >> LINES);
}

// A line that goes quiet before the CPU has asked which one it was is
// reported as the last of its controller, but is not in service.
static bool is_spurious(unsigned line)
{
    if (line % LINES != LINES - 1) {
        return false;
    }
    port_t command = line < LINES ? PRIMARY_COMMAND : SECONDARY_COMMAND;
    write(command, OCW3_READ_IN_SERVICE);
    return (io_read8(command) & (1u << (LINES - 1))) == 0;
}

static void on_interrupt(struct trap_frame *frame)
{
    unsigned line = (unsigned)frame->vector - IRQ_VECTOR;
    bool spurious = is_spurious(line);
    if (spurious) {
        spurious_count++;
    } else {
        kassert(handlers[line] != NULL);
        handlers[line](frame);
    }

    // The end of the interrupt.  What was not in service has none; but
    // the first controller does serve the second one.
    if (line >= LINES) {
        if (!spurious) {
            write(SECONDARY_COMMAND, OCW2_END_OF_INTERRUPT);
        }
        write(PRIMARY_COMMAND, OCW2_END_OF_INTERRUPT);
    } else if (!spurious) {
        write(PRIMARY_COMMAND, OCW2_END_OF_INTERRUPT);
    }
}

void pic_init(void)
{
    for (unsigned line = 0; line < IRQ_COUNT; line++) {
        interrupts_handle(IRQ_VECTOR + line, on_interrupt);
    }

    write(PRIMARY_COMMAND, ICW1_BEGIN);
    write(SECONDARY_COMMAND, ICW1_BEGIN);
    write(PRIMARY_DATA, IRQ_VECTOR); // ICW2: the first line's vector
    write(SECONDARY_DATA, IRQ_VECTOR + LINES);
    write(PRIMARY_DATA, 1u << IRQ_SECONDARY); // ICW3: on which line
    write(SECONDARY_DATA, IRQ_SECONDARY);     // ICW3: its number
    write(PRIMARY_DATA, ICW4_8086);
    write(SECONDARY_DATA, ICW4_8086);
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

unsigned pic_spurious_count(void)
{
    return spurious_count;
}
