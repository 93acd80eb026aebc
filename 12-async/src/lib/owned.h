// Who has to give back what a function returns.
#pragma once

// The result is new memory, and `release` is the function that takes it
// back: GCC's analyser then finds what is never given back, given back
// twice, or used afterwards.
#define OWNED_BY(release) __attribute__((malloc, malloc(release, 1)))
