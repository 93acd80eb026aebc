// Frames for tests on the host: memory of this program.  Here an
// address in memory is the same as a pointer to it.
#include "mm/frame.h"

enum { FRAMES = 1024 };

static _Alignas(PAGE_SIZE) uint8_t memory[FRAMES * PAGE_SIZE];

__attribute__((constructor)) static void hand_over(void)
{
    static struct ranges free; // large for a stack frame
    uint64_t start = (uintptr_t)memory;
    ranges_add(&free, (struct range){start, start + sizeof(memory)});
    frame_init(&free);
}
