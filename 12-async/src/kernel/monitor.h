// The monitor: a task that reads commands and answers them.
#pragma once

// Begins it.  After kernel_init().
void monitor_start(void);
