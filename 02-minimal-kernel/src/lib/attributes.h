// Promises about functions that the compiler can hold us to.
#pragma once

// The function does not return; GCC warns when a path through it would.
#define NORETURN __attribute__((noreturn))
