// What the CPU's exceptions are called, and what their error codes say.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { EXCEPTION_COUNT = 32 };

// `vector` is below EXCEPTION_COUNT.
const char *exception_name(unsigned vector);

// Whether the CPU gives this exception an error code.
bool exception_has_error_code(unsigned vector);

// Says in words what an error code tells, into `buffer`, which has room
// for `size` bytes: "write, page not present", or "" for nothing.
void exception_explain(char *buffer, size_t size, unsigned vector,
                       uint64_t error_code);
