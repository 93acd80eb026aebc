// The CPU's own loops.  With the prefix `rep`, an instruction that
// copies or stores a quadword (8 bytes) runs `count` times and moves on
// to the next quadword each time (Intel SDM Vol. 2B, "REP").
//
// Both go upwards: C wants the direction flag to be 0 everywhere.  No
// address has to be aligned.
#pragma once

#include <stddef.h>
#include <stdint.h>

// The areas may overlap if `to` is below `from`.
static inline void repeat_copy(void *to, const void *from, size_t count)
{
    __asm__ volatile("rep movsq"
                     : "+D"(to), "+S"(from), "+c"(count)
                     :
                     : "memory");
}

static inline void repeat_store(void *to, uint64_t value, size_t count)
{
    __asm__ volatile("rep stosq"
                     : "+D"(to), "+c"(count)
                     : "a"(value)
                     : "memory");
}
