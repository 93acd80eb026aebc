#include "kernel/demo.h"

#include <stddef.h>

#include "containers/vector.h"
#include "kernel/console.h"
#include "kernel/panic.h"

static void push(struct vector *numbers, int number)
{
    if (!vector_push(numbers, &number)) {
        panic("no memory");
    }
}

static void show_vector(void)
{
    struct vector numbers = VECTOR_OF(int);
    int sum = 0;
    for (int i = 0; i < 500; i++) {
        push(&numbers, i);
    }
    for (size_t i = 0; i < numbers.count; i++) {
        sum += *(int *)vector_at(&numbers, i);
    }
    kprintf("%zu numbers at %p, their sum is %d\n", numbers.count,
            vector_at(&numbers, 0), sum);
    vector_release(&numbers);
}

// The oldest mistake with a vector: a pointer to an item, kept while
// the items move.  No compiler sees it; the heap does.
static void misuse(void)
{
    struct vector numbers = VECTOR_OF(int);
    push(&numbers, 0);
    int *first = vector_at(&numbers, 0);
    for (int i = 1; i < 10; i++) {
        push(&numbers, i);
    }
    *first = 42;
    vector_release(&numbers);
}

void demo(void)
{
    kprintf("Hello World!\n");
    show_vector();
    misuse();
}
