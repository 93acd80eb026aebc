#include "containers/queue.h"

#include "test/test.h"

static void push(struct queue *queue, int number)
{
    CHECK(queue_push(queue, &number));
}

static int pop(struct queue *queue)
{
    int number = -1;
    CHECK(queue_pop(queue, &number));
    return number;
}

TEST(queue_keeps_the_order)
{
    struct queue numbers = QUEUE_OF(int);
    int none;
    int next = 0;
    CHECK(!queue_pop(&numbers, &none));
    // Two in, one out: it grows while it goes around.
    for (int i = 0; i < 100; i++) {
        push(&numbers, 2 * i);
        push(&numbers, 2 * i + 1);
        CHECK_EQUAL(pop(&numbers), next);
        next++;
    }
    CHECK_EQUAL(numbers.count, 100);
    while (next < 200) {
        CHECK_EQUAL(pop(&numbers), next);
        next++;
    }
    CHECK(!queue_pop(&numbers, &none));
    queue_release(&numbers);
}
