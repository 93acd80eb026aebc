// A task that reads lines and obeys them.
#pragma once

// Begins it.  After keys_init() and sleep_init().
void monitor_start(void);
