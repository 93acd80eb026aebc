#include "kernel/demo.h"

#include <stddef.h>

#include "containers/shared.h"
#include "containers/text.h"
#include "containers/vector.h"
#include "kernel/console.h"
#include "kernel/panic.h"
#include "mm/kmalloc.h"

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

// A text that has more than one owner.
struct message {
    struct shared shared;
    struct text text;
};

static void release_message(struct shared *self)
{
    struct message *message = (struct message *)self;
    text_release(&message->text);
    kfree(message);
}

static struct message *new_message(void)
{
    struct message *message = kmalloc(sizeof(*message));
    if (message == NULL) {
        panic("no memory");
    }
    message->text = (struct text)TEXT_EMPTY;
    shared_init(&message->shared, release_message);
    if (!text_append(&message->text, "a text that grows")) {
        panic("no memory");
    }
    return message;
}

static void show_message(void)
{
    // static: GCC's analyser takes a local for lost, because it cannot
    // follow shared_give_up().
    static struct message *message;
    message = new_message();
    shared_take(&message->shared);
    kprintf("%s has %zu owners", text_characters(&message->text),
            message->shared.owners);
    shared_give_up(&message->shared);
    kprintf(", then %zu\n", message->shared.owners);
    shared_give_up(&message->shared);
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
    show_message();
    misuse();
}
