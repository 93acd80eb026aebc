// Frames for tests on the host: memory of this program.  Here an
// address in memory is the same as a pointer to it.
#include "mm/frame.h"

#include "boot/multiboot2.h"
#include "host.h"

enum { FRAMES = 1024 };

static _Alignas(PAGE_SIZE) uint8_t memory[FRAMES * PAGE_SIZE];

// What GRUB would tell: a header, a map with one area, the end.
static _Alignas(8) uint32_t info[] = {
    56, 0, 6, 40, 24, 0, 0, 0, 0, 0, MEMORY_AVAILABLE, 0, 0, 8,
};

void host_frames(uint64_t start, uint64_t size)
{
    info[6] = (uint32_t)start;
    info[7] = (uint32_t)(start >> 32);
    info[8] = (uint32_t)size;
    info[9] = (uint32_t)(size >> 32);
    multiboot2_use((phys_addr_t){(uintptr_t)info});
    frame_init();
}

__attribute__((constructor)) static void hand_over(void)
{
    host_frames((uintptr_t)memory, sizeof(memory));
}
