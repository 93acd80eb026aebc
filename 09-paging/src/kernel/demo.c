#include "kernel/demo.h"

#include <stdint.h>

#include "kernel/console.h"
#include "kernel/panic.h"
#include "kernel/walk.h"
#include "lib/terminal.h"
#include "mm/memory.h"
#include "mm/paging.h"

// A page that is not in use, and a frame that we can see.
#define SOMEWHERE UINT64_C(0xdeadbeaf000)
#define SCREEN    UINT64_C(0xb8000)

static void write_new(void)
{
    enum { ROW = 20, COLUMNS = 80 };
    volatile cell_t *cells = (volatile cell_t *)SOMEWHERE;
    const char *text = "New!";
    for (unsigned i = 0; text[i] != '\0'; i++) {
        cells[ROW * COLUMNS + i] =
            (cell_t)(COLOR_WHITE << 12 | (uint8_t)text[i]);
    }
}

void demo(void)
{
    kprintf("Hello World!\n");
    memory_print();

    enum map_result result =
        paging_map(paging_root(), SOMEWHERE, (phys_addr_t){SCREEN},
                   PAGE_4_KIB,
                   PTE_WRITABLE | PTE_CACHE_DISABLE | PTE_NO_EXECUTE);
    kassert(result == MAP_OK);
    kprintf("%p -> 0x%lx\n", (void *)SOMEWHERE, SCREEN);
    walk_print(SOMEWHERE);
    write_new();
}
