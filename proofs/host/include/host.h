// What a test on the host can do beyond a kernel's test: expect a panic
// or a halt, put a device behind the I/O ports, draw numbers.
//
// Each test begins with no device, nothing recorded and the same random
// numbers.
#pragma once

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// --- Panics and halts -------------------------------------------------

// Runs a statement that must panic; host_panic_text() is then what the
// panic said, as `lib/terminal.c:95: assertion failed: rows > 0`.  A
// panic that no test expects fails the test that runs.
#define EXPECT_PANIC(statement)                         \
    do {                                                \
        if (setjmp(*host_expect(HOST_PANIC)) == 0) {    \
            statement;                                  \
            host_not_ended(__FILE__, __LINE__, "panic", \
                           #statement);                 \
        }                                               \
        host_expect(HOST_NOTHING);                      \
    } while (0)
const char *host_panic_text(void);

// Runs a statement that must halt the CPU.
#define EXPECT_HALT(statement)                         \
    do {                                               \
        if (setjmp(*host_expect(HOST_HALT)) == 0) {    \
            statement;                                 \
            host_not_ended(__FILE__, __LINE__, "halt", \
                           #statement);                \
        }                                              \
        host_expect(HOST_NOTHING);                     \
    } while (0)

enum host_end { HOST_NOTHING, HOST_PANIC, HOST_HALT };
jmp_buf *host_expect(enum host_end end);
void host_not_ended(const char *file, int line, const char *how,
                    const char *statement);
_Noreturn void host_halt(void);

// Returns to EXPECT_PANIC or EXPECT_HALT if that is what it expects.
void host_ended(enum host_end end);

// --- The I/O ports ----------------------------------------------------

// A device: what its ports answer, and what a write does to it.  Where
// there is none, reads give 0xff, as on a PC.
typedef uint8_t host_read_model(uint16_t port);
typedef void host_write_model(uint16_t port, uint8_t value);
void host_device(host_read_model *read, host_write_model *write);

// What the code under test did with the ports since the test began, or
// since host_forget(); the first 4096 accesses are kept, all counted.
struct host_access {
    bool write;
    uint16_t port;
    uint8_t value;
};
enum { HOST_ACCESSES = 4096 };
extern struct host_access host_accesses[HOST_ACCESSES];
extern size_t host_access_count;
void host_forget(void);

uint8_t host_io_read(uint16_t port);
void host_io_write(uint16_t port, uint8_t value);

// --- Page tables ------------------------------------------------------

// What CR3 holds: 0 when a test begins.
extern uint64_t host_cr3;

// Called when the code under test makes the CPU forget a page, so that a
// test can look at what is in the tables at that moment.
typedef void host_invalidate_model(uintptr_t address);
void host_on_invalidate(host_invalidate_model *invalidate);
void host_invalidate_page(uintptr_t address);

// --- Frames -----------------------------------------------------------

// In trees that have them: all frames are in this memory from now on,
// free, and `start` is a pointer to it.  At first it is 4 MiB of this
// program's.
void host_frames(uint64_t start, uint64_t size);

// --- The heap ---------------------------------------------------------

// In trees that have one: which of the next allocations fails.  1 is
// the very next, 0 none.
extern size_t host_heap_failing;

// --- Numbers ----------------------------------------------------------

// Random numbers, the same ones in every run.
uint64_t host_random(void);
unsigned host_random_below(unsigned limit);

// --- For main() -------------------------------------------------------

// Forgets what the test before has left.
void host_reset(void);

// Whether the sanitizers notice two mistakes, made in further runs of this
// program: main() calls host_make_mistake() there.  For main() only.
bool host_sanitizer_alive(const char *program);
void host_make_mistake(const char *name);
