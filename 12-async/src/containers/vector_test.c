#include "containers/vector.h"

#include "test/test.h"

static void push(struct vector *vector, int number)
{
    CHECK(vector_push(vector, &number));
}

static int at(const struct vector *vector, size_t index)
{
    return *(int *)vector_at(vector, index);
}

TEST(vector_grows_and_shrinks_at_its_end)
{
    struct vector numbers = VECTOR_OF(int);
    int last = 0;
    CHECK(!vector_pop(&numbers, &last));
    for (int i = 0; i < 1000; i++) {
        push(&numbers, i);
    }
    CHECK_EQUAL(numbers.count, 1000);
    for (int i = 999; i >= 0; i--) {
        CHECK_EQUAL(at(&numbers, (size_t)i), i);
        CHECK(vector_pop(&numbers, &last));
        CHECK_EQUAL(last, i);
    }
    CHECK_EQUAL(numbers.count, 0);
    vector_release(&numbers);
}

TEST(vector_makes_room_in_between_and_closes_it)
{
    struct vector numbers = VECTOR_OF(int);
    int middle = 2;
    push(&numbers, 1);
    push(&numbers, 3);
    CHECK(vector_insert(&numbers, 1, &middle));
    CHECK_EQUAL(at(&numbers, 0), 1);
    CHECK_EQUAL(at(&numbers, 1), 2);
    CHECK_EQUAL(at(&numbers, 2), 3);
    vector_remove(&numbers, 0);
    CHECK_EQUAL(numbers.count, 2);
    CHECK_EQUAL(at(&numbers, 0), 2);
    CHECK_EQUAL(at(&numbers, 1), 3);
    vector_release(&numbers);
}
