// A block that is given back a second time is noticed: here by two
// vectors, one copied from the other as C copies structures.
#include "containers/vector.h"
#include "kernel/kernel.h"
#include "kernel/panic.h"
#include "test/test.h"

void kernel_main(uint32_t boot_info)
{
    struct vector vector = VECTOR_OF(int);
    int number = 42;

    kernel_init(boot_info);
    test_begin("block_freed_twice");
    panic_set_handler(test_pass);
    if (vector_push(&vector, &number)) {
        struct vector copy = vector;
        vector_release(&vector);
        vector_release(&copy);
    }
    test_fail("nobody noticed");
}
