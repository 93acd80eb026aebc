#include "containers/shared.h"

#include "test/test.h"

static unsigned released;

static void count(struct shared *self)
{
    CHECK_EQUAL(self->owners, 0);
    released++;
}

TEST(shared_is_released_by_the_last_owner)
{
    struct shared shared;
    released = 0;
    shared_init(&shared, count);
    shared_take(&shared);
    shared_give_up(&shared);
    CHECK_EQUAL(released, 0);
    shared_give_up(&shared);
    CHECK_EQUAL(released, 1);
}
