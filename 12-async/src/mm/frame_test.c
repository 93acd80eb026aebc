#include "mm/frame.h"

#include "test/test.h"

TEST(frames_are_whole_pages_and_different_ones)
{
    phys_addr_t one = {0};
    phys_addr_t other = {0};
    CHECK(frame_allocate(&one));
    CHECK(frame_allocate(&other));
    CHECK_EQUAL(one.value % PAGE_SIZE, 0);
    CHECK_EQUAL(other.value % PAGE_SIZE, 0);
    CHECK(one.value != other.value);
    frame_free(one);
    frame_free(other);
}

TEST(frames_come_back)
{
    size_t before = frame_free_count();
    phys_addr_t frame = {0};
    phys_addr_t again = {0};
    CHECK(frame_allocate(&frame));
    CHECK_EQUAL(frame_free_count(), before - 1);
    frame_free(frame);
    CHECK_EQUAL(frame_free_count(), before);
    CHECK(frame_allocate(&again));
    CHECK_EQUAL(again.value, frame.value);
    frame_free(again);
}

// The frames are kept on a list, each with the address of the one
// before it.
TEST(frames_are_all_there_when_all_are_taken)
{
    size_t before = frame_free_count();
    size_t count = 0;
    phys_addr_t last = {0};
    phys_addr_t frame;
    while (frame_allocate(&frame)) {
        *(phys_addr_t *)phys_to_virt(frame) = last;
        last = frame;
        count++;
    }
    CHECK_EQUAL(count, before);
    CHECK_EQUAL(frame_free_count(), 0);
    while (count > 0) {
        frame = last;
        last = *(const phys_addr_t *)phys_to_virt(frame);
        frame_free(frame);
        count--;
    }
    CHECK_EQUAL(last.value, 0);
    CHECK_EQUAL(frame_free_count(), before);
}
