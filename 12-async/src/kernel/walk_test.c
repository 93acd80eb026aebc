// What is in the tables, and what the CPU makes of it.
#include "mm/paging.h"

#include "test/probe.h"
#include "test/test.h"

#define NOWHERE UINT64_C(0xdeadbeef)

static bool is_mapped(uintptr_t address)
{
    return paging_walk(paging_root(), address).mapped;
}

TEST(the_kernel_is_where_the_tables_say)
{
    uint64_t local = 0x123456789abcdef0;
    uintptr_t address = (uintptr_t)&local;
    struct page_walk walk = paging_walk(paging_root(), address);
    CHECK(walk.mapped);
    CHECK_EQUAL(*(uint64_t *)phys_to_virt(walk.address), local);
    CHECK(!probe_read(address).faulted);
}

TEST(an_absent_page_faults_and_says_how_it_was_touched)
{
    CHECK(!is_mapped(NOWHERE));
    struct probe probe = probe_read(NOWHERE);
    CHECK(probe.faulted);
    CHECK_EQUAL(probe.address, NOWHERE);
    CHECK_EQUAL(probe.error_code, 0);
    CHECK_EQUAL(probe_write(NOWHERE, 0).error_code, PROBE_WRITE);
    CHECK_EQUAL(probe_call(NOWHERE).error_code, PROBE_FETCH);
}

TEST(null_is_an_absent_page)
{
    CHECK(!is_mapped(0));
    CHECK(probe_read(0).faulted);
    CHECK(probe_read(PAGE_SIZE - 1).faulted);
}
