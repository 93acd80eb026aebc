#include "kernel/monitor.h"

#include "kernel/console.h"
#include "kernel/keys.h"
#include "lib/line.h"
#include "lib/panic.h"
#include "lib/string.h"
#include "task/executor.h"

struct monitor {
    struct future future;
    struct next_key key;
};

static const char prompt[] = "> ";
static struct line line;
static char shown[LINE_MAX + 1]; // what of it is on the screen

static void begin_line(void)
{
    line_begin(&line);
    shown[0] = '\0';
    kprintf("%s", prompt);
}

static void erase(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        kprintf("\b \b");
    }
}

// Brings the screen up to date: goes back to where it differs, and
// prints the rest.
static void show_line(void)
{
    size_t same = 0;
    while (shown[same] != '\0' && shown[same] == line.text[same]) {
        same++;
    }
    erase(strlen(shown + same));
    kprintf("%s", line.text + same);
    console_show_cursor_before((unsigned)(line.length - line.cursor));
    memcpy(shown, line.text, sizeof(shown));
}

// In the place of the line, which goes on in the next row.
static void report_loss(uint64_t lost)
{
    erase(strlen(shown) + strlen(prompt));
    kprintf("[keyboard: queue full, %lu bytes lost]\n%s", lost, prompt);
    shown[0] = '\0';
}

static enum poll run_monitor(struct future *self, struct waker waker)
{
    struct monitor *monitor = (struct monitor *)self;
    bool entered;
    ASYNC_BEGIN(self);
    for (;;) {
        begin_line();
        do {
            monitor->key = keys_next();
            AWAIT(self, &monitor->key.future, waker);
            if (monitor->key.lost > 0) {
                report_loss(monitor->key.lost);
            }
            entered = line_feed(&line, monitor->key.key);
            show_line();
        } while (!entered);
        kprintf("\n");
        kprintf("%s\n", line.text);
    }
    ASYNC_END;
}

void monitor_start(void)
{
    const struct monitor monitor = {.future = FUTURE(run_monitor)};
    if (!executor_spawn("monitor", &monitor.future, sizeof(monitor))) {
        panic("no memory for the monitor");
    }
}
