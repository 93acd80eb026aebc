#include "containers/vector.h"

#include "test/test.h"

TEST(vector_grows_and_shrinks_at_its_end)
{
    struct vector numbers = VECTOR_OF(int);
    int last = 0;
    CHECK(!vector_pop(&numbers, &last));
    for (int i = 0; i < 1000; i++) {
        CHECK(vector_push(&numbers, &i));
    }
    CHECK_EQUAL(numbers.count, 1000);
    for (int i = 999; i >= 0; i--) {
        CHECK_EQUAL(*(int *)vector_at(&numbers, (size_t)i), i);
        CHECK(vector_pop(&numbers, &last));
        CHECK_EQUAL(last, i);
    }
    CHECK_EQUAL(numbers.count, 0);
    vector_release(&numbers);
}
