// Does on purpose what a kernel should not.
#pragma once

#include <stdbool.h>

// Commits the fault with this name.  Returns if there is none, which is
// false, or if it can be survived.
bool faults_commit(const char *name);

// Prints the names, and what they do.
void faults_print(void);
