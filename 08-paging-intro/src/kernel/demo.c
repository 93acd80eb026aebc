#include "kernel/demo.h"

#include <stdint.h>

#include "kernel/console.h"
#include "kernel/walk.h"
#include "mm/paging.h"

static void show(const char *what, const volatile void *pointer)
{
    uintptr_t address = (uintptr_t)pointer;
    struct page_walk walk = paging_walk(paging_root(), address);
    kprintf("%s: %p -> ", what, (void *)address);
    if (walk.mapped) {
        kprintf("0x%lx\n", walk.address.value);
    } else {
        kprintf("nowhere\n");
    }
    walk_print(address);
}

// noinline: a call of it has to be a call, and not a copy.
__attribute__((noinline)) static void speak(void)
{
    kprintf("speak() speaks.\n");
}

// A variable, and volatile: GCC's analyser objects to a write to what
// it knows to be a function.
static void (*volatile victim)(void) = speak;

// Nothing forbids this yet.
static void silence(void)
{
    enum { RET = 0xc3 }; // the instruction `ret` (SDM Vol. 2B, "RET")
    uint8_t *code = (uint8_t *)(uintptr_t)victim;
    *code = RET;
}

void demo(void)
{
    kprintf("Hello World!\n");
    kprintf("The PML4 is at 0x%lx.\n", paging_root().value);
    show("The screen", (const void *)0xb8000);
    show("A far page", (const void *)0x803fe7f5ce);
    show("speak()", (const void *)(uintptr_t)speak);
    speak();
    silence();
    speak();
    kprintf("The second time, speak() was silent.\n");
    show("speak()", (const void *)(uintptr_t)speak);
}
