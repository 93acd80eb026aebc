// What the kernel does about exceptions: a breakpoint is noted, and the
// code goes on; anything else ends in a report.
#pragma once

// Catches every exception and interrupt from now on.
void exceptions_init(void);
