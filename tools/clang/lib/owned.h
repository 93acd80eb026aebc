// For Clang, in place of a chapter's lib/owned.h: it does not know who
// takes back what a function returns.
#pragma once

#define OWNED_BY(release) __attribute__((malloc))
