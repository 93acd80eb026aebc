#include "kernel/monitor.h"

#include "drivers/reset.h"
#include "kernel/console.h"
#include "kernel/faults.h"
#include "kernel/keys.h"
#include "kernel/panic.h"
#include "kernel/sleep.h"
#include "kernel/timer.h"
#include "kernel/walk.h"
#include "lib/line.h"
#include "lib/string.h"
#include "lib/words.h"
#include "mm/heap.h"
#include "mm/memory.h"
#include "task/combine.h"
#include "task/executor.h"

// As many as there can be in a line, with one blank between two.
enum { WORDS_MAX = (LINE_MAX + 1) / 2 };
enum { TASKS_SHOWN = 12 };
enum { SPAWN_MAX = 100000, WAIT_MAX = 3600 };
enum { NIGHT_TICKS = 2 * TIMER_HERTZ };

struct monitor {
    struct future future;
    struct next_key key;
    struct sleep sleep;
    struct race race;
};

static struct line line;
static char shown[LINE_MAX + 1]; // what of it is on the screen
static uint64_t wait_seconds;    // a command is not over yet
static uint64_t lost;            // bytes that keys.c has told of

// --- Commands -------------------------------------------------------

// Reads a command's argument, and says so if it is none.
static bool read_number(const char *word, uint64_t max,
                        uint64_t *number)
{
    if (!words_number(word, number)) {
        kprintf("%s is not a number, as 1024 and 0xb8000 are\n", word);
        return false;
    }
    if (*number > max) {
        kprintf("%s is too much: the limit is %lu\n", word, max);
        return false;
    }
    return true;
}

static void echo(char *words[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        kprintf("%s%s", i > 0 ? " " : "", words[i]);
    }
    kprintf("\n");
}

static void ticks(char *words[], size_t count)
{
    (void)words;
    (void)count;
    uint64_t now = timer_ticks();
    kprintf("%lu, at %u.%03u Hz: %lu seconds\n", now,
            TIMER_MILLIHERTZ / 1000, TIMER_MILLIHERTZ % 1000,
            now * 1000 / TIMER_MILLIHERTZ);
}

static void memory(char *words[], size_t count)
{
    (void)words;
    (void)count;
    memory_print();
    kprintf("%zu blocks on the heap\n", heap_count());
}

static void tasks(char *words[], size_t count)
{
    (void)words;
    (void)count;
    size_t rows = 0;
    const struct task *task = executor_find_above(0);
    kprintf("        id      polls  name\n");
    for (; task != NULL && rows < TASKS_SHOWN; rows++) {
        kprintf("%10u %10lu  %s\n", task->waker.id, task->polls,
                task->name);
        task = executor_find_above(task->waker.id);
    }
    struct executor_counts counts = executor_counts();
    if (counts.tasks > rows) {
        kprintf("and %zu more\n", counts.tasks - rows);
    }
    kprintf("%lu wakes, %lu polls, asleep %lu times\n", counts.wakes,
            counts.polls, counts.sleeps);
}

static void walk(char *words[], size_t count)
{
    uint64_t address;
    (void)count;
    if (read_number(words[0], UINT64_MAX, &address)) {
        walk_print(address);
    }
}

struct sleeper {
    struct future future;
    struct sleep sleep;
    uint64_t ticks;
};

static enum poll run_sleeper(struct future *self, struct waker waker)
{
    struct sleeper *sleeper = (struct sleeper *)self;
    ASYNC_BEGIN(self);
    sleeper->sleep = sleep_for(sleeper->ticks);
    AWAIT(self, &sleeper->sleep.future, waker);
    ASYNC_END;
}

static void spawn(char *words[], size_t count)
{
    uint64_t wanted;
    uint64_t made = 0;
    (void)count;
    if (!read_number(words[0], SPAWN_MAX, &wanted)) {
        return;
    }
    for (; made < wanted; made++) {
        const struct sleeper sleeper = {
            .future = FUTURE(run_sleeper),
            .ticks = made % TIMER_HERTZ + NIGHT_TICKS,
        };
        if (!executor_spawn("sleeper", &sleeper.future,
                            sizeof(sleeper))) {
            kprintf("no memory for more: ");
            break;
        }
    }
    kprintf("%lu tasks sleep two to three seconds\n", made);
}

static void wait(char *words[], size_t count)
{
    uint64_t seconds;
    (void)count;
    if (read_number(words[0], WAIT_MAX, &seconds) && seconds > 0) {
        wait_seconds = seconds;
        kprintf("any key ends it\n");
    }
}

static void layout(char *words[], size_t count)
{
    (void)count;
    if (words_equal(words[0], "us")) {
        keys_set_layout(&layout_us);
    } else if (words_equal(words[0], "german")) {
        keys_set_layout(&layout_german);
    } else {
        kprintf("there are: us german\n");
    }
}

static void fault(char *words[], size_t count)
{
    if (count == 0 || !faults_commit(words[0])) {
        kprintf("there are:\n");
        faults_print();
    }
}

static void reboot(char *words[], size_t count)
{
    (void)words;
    (void)count;
    reset_machine();
}

static void help(char *words[], size_t count);

static const struct command {
    const char *name;
    const char *arguments;
    const char *what;
    size_t least; // how many arguments it takes
    size_t most;
    void (*run)(char *words[], size_t count);
} commands[] = {
    {"help", "", "prints this", 0, 0, help},
    {"echo", "TEXT", "prints it", 0, WORDS_MAX - 1, echo},
    {"ticks", "", "how often the timer has ticked", 0, 0, ticks},
    {"memory", "", "what there is, and what is free", 0, 0, memory},
    {"tasks", "", "who runs, and how often they did", 0, 0, tasks},
    {"walk", "ADDRESS", "how the CPU translates it", 1, 1, walk},
    {"spawn", "COUNT", "begins so many tasks", 1, 1, spawn},
    {"wait", "SECONDS", "does nothing; a key ends it", 1, 1, wait},
    {"layout", "NAME", "of the keyboard: us german", 1, 1, layout},
    {"fault", "KIND", "does what should not be done", 0, 1, fault},
    {"reboot", "", "starts the machine again", 0, 0, reboot},
};

enum { COMMAND_COUNT = sizeof(commands) / sizeof(commands[0]) };

static void help(char *words[], size_t count)
{
    (void)words;
    (void)count;
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        kprintf("  %-7s %-8s %s\n", commands[i].name,
                commands[i].arguments, commands[i].what);
    }
}

static void obey(char *text)
{
    char *words[WORDS_MAX];
    size_t count = words_split(text, words, WORDS_MAX);
    if (count == 0) {
        return;
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        const struct command *command = &commands[i];
        if (!words_equal(command->name, words[0])) {
            continue;
        }
        if (count - 1 < command->least || count - 1 > command->most) {
            kprintf("usage: %s %s\n", command->name,
                    command->arguments);
            return;
        }
        command->run(words + 1, count - 1);
        return;
    }
    kprintf("%s is no command; help lists them\n", words[0]);
}

// --- The line -------------------------------------------------------

// Brings the screen up to date: goes back to where it differs, and
// prints the rest, in one piece.
static void show_line(void)
{
    char text[4 * LINE_MAX + 1];
    size_t same = 0;
    size_t length = 0;
    while (shown[same] != '\0' && shown[same] == line.text[same]) {
        same++;
    }
    for (size_t i = same; shown[i] != '\0'; i++) {
        text[length] = '\b';
        text[length + 1] = ' ';
        text[length + 2] = '\b';
        length += 3;
    }
    memcpy(text + length, line.text + same, line.length - same + 1);
    kprintf("%s", text);
    console_show_cursor_before((unsigned)(line.length - line.cursor));
    memcpy(shown, line.text, sizeof(shown));
}

static void begin_line(void)
{
    line_begin(&line);
    shown[0] = '\0';
    kprintf("> ");
}

// Whoever waits for a key may find that bytes were lost, and this is
// printed in the middle of the line: it goes on in a new row.
static void begin_row(void)
{
    if (keys_lost() != lost) {
        lost = keys_lost();
        shown[0] = '\0';
        kprintf("> ");
    }
}

static enum poll run(struct future *self, struct waker waker)
{
    struct monitor *monitor = (struct monitor *)self;
    bool entered;
    ASYNC_BEGIN(self);
    for (;;) {
        begin_line();
        do {
            monitor->key = keys_next();
            AWAIT(self, &monitor->key.future, waker);
            begin_row();
            entered = line_feed(&line, monitor->key.key);
            show_line();
        } while (!entered);
        kprintf("\n");
        obey(line.text);

        if (wait_seconds > 0) {
            monitor->key = keys_next();
            monitor->sleep = sleep_for(wait_seconds * TIMER_HERTZ);
            monitor->race = race_of(&monitor->key.future,
                                    &monitor->sleep.future);
            wait_seconds = 0;
            AWAIT(self, &monitor->race.future, waker);
            if (monitor->race.winner == &monitor->key.future) {
                kprintf("a key ended it\n");
            }
        }
    }
    ASYNC_END;
}

void monitor_start(void)
{
    const struct monitor monitor = {.future = FUTURE(run)};
    if (!executor_spawn("monitor", &monitor.future, sizeof(monitor))) {
        panic("no memory for the monitor");
    }
}
