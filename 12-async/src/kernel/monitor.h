// The monitor: a task that reads commands and answers them.
#pragma once

// Begins it.  To be called once, after kernel_init().
void monitor_start(void);
