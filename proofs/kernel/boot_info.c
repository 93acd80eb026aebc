// What the kernel begins with: GRUB's information, its own memory, the
// stack and the processor's state.
// needs: src/boot/boot.asm src/test/test.c src/kernel/init.c
// once: src/boot/boot.asm src/boot/header.asm src/kernel/init.c
// once: src/kernel/kernel.h src/mm/memory* src/mm/frame.*
// once: src/mm/paging.* src/mm/address.h
// once: src/boot/multiboot2.*
#include <stdalign.h>

#include "drivers/qemu.h"
#include "drivers/serial.h"
#include "kernel/kernel.h"
#include "test/test.h"

static uint32_t given;

// The information's header and a tag's (Multiboot2 specification, "Boot
// information format").
struct header {
    uint32_t total_size;
    uint32_t reserved;
};
struct tag {
    uint32_t type;
    uint32_t size;
};
enum { TAG_END = 0, TAG_LOADER_NAME = 2 };

TEST(boot_info_is_aligned)
{
    CHECK(given != 0);
    CHECK_EQUAL(given % 8, 0);
}

// The information as it was at first: a kernel with page tables of its
// own need not map it where it is.
alignas(8) static uint8_t copy[16384];

static const struct header *header(void)
{
    return (const struct header *)copy;
}

static void keep_information(void)
{
    const volatile uint8_t *info = (const uint8_t *)(uintptr_t)given;
    const volatile uint32_t *size = (const uint32_t *)(uintptr_t)given;
    for (uint32_t i = 0; i < *size && i < sizeof(copy); i++) {
        copy[i] = info[i];
    }
}

// The first tag of a type, or the end tag's place; 0 if it never ends.
static uintptr_t find_tag(uint32_t type)
{
    uintptr_t end = (uintptr_t)copy + header()->total_size;
    uintptr_t at = (uintptr_t)copy + sizeof(struct header);
    while (at + sizeof(struct tag) <= end) {
        const struct tag *tag = (const struct tag *)at;
        if (tag->type == type) {
            return at;
        }
        if (tag->type == TAG_END || tag->size < sizeof(struct tag)) {
            return 0;
        }
        at += (tag->size + 7) & ~7u;
    }
    return 0;
}

TEST(boot_info_ends_with_its_end_tag)
{
    CHECK(header()->total_size >= 16);
    CHECK(header()->total_size <= sizeof(copy));
    uintptr_t last = find_tag(TAG_END);
    CHECK_EQUAL(last + 8, (uintptr_t)copy + header()->total_size);
}

TEST(boot_info_names_the_loader)
{
    uintptr_t at = find_tag(TAG_LOADER_NAME);
    CHECK(at != 0);
    if (at != 0) {
        const char *name = (const char *)at + sizeof(struct tag);
        CHECK(name[0] == 'G' && name[1] == 'R' && name[2] == 'U' &&
              name[3] == 'B');
    }
}

// --- Memory -----------------------------------------------------------

// Larger than what a loader might clear by chance.
static uint8_t zeros[100000];
static uint64_t filled[4] = {1, 2, 3, UINT64_MAX};

TEST(variables_have_their_first_values)
{
    unsigned sum = 0;
    for (unsigned i = 0; i < sizeof(zeros); i++) {
        sum += zeros[i];
    }
    CHECK_EQUAL(sum, 0);
    CHECK_EQUAL(filled[0] + filled[1] + filled[2], 6);
    CHECK_EQUAL(filled[3], UINT64_MAX);
}

static bool low_memory_keeps;

// Before kernel_init(), which may make other page tables.  A fault would
// reset the machine.
static void touch_the_first_gib(void)
{
    // Its last byte; where there is no RAM it reads as something.
    volatile uint8_t *last = (volatile uint8_t *)((1u << 30) - 1);
    (void)*last;
    volatile uint8_t *low = (volatile uint8_t *)0x1000;
    uint8_t kept = *low;
    uint8_t other = kept ^ 0xff;
    *low = other;
    low_memory_keeps = *low == other;
    *low = kept;
}

TEST(the_first_gib_is_mapped)
{
    CHECK(low_memory_keeps);
}

// --- The processor ----------------------------------------------------

// volatile: the compiler believes it to be so.
static bool is_aligned(const void *volatile pointer)
{
    return (uintptr_t)pointer % 16 == 0;
}

TEST(the_stack_is_aligned)
{
    // The compiler relies on the alignment at each call.
    alignas(16) uint8_t local[16] = {0};
    CHECK(is_aligned(local));
    CHECK_EQUAL((uintptr_t)__builtin_frame_address(0) % 16, 0);
}

// As boot.asm left them; drivers may switch interrupts on.
static uint64_t first_flags;

static uint64_t flags(void)
{
    uint64_t value;
    __asm__ volatile("pushfq; popq %0" : "=r"(value));
    return value;
}

TEST(interrupts_are_off_at_first)
{
    CHECK_EQUAL(first_flags & 1 << 9, 0);
    CHECK_EQUAL(first_flags & 1 << 10, 0);
    CHECK_EQUAL(flags() & 1 << 10, 0);
}

void kernel_main(uint32_t boot_info)
{
    first_flags = flags();
    given = boot_info;
    keep_information();
    touch_the_first_gib();
    kernel_init(boot_info);
    unsigned failures = test_run_all();
    serial_drain();
    qemu_exit(failures == 0 ? QEMU_SUCCESS : QEMU_FAILURE);
}
