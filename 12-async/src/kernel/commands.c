#include "kernel/commands.h"

#include <stdbool.h>
#include <stddef.h>

#include "drivers/power.h"
#include "kernel/console.h"
#include "kernel/faults.h"
#include "kernel/keys.h"
#include "kernel/sleep.h"
#include "kernel/timer.h"
#include "kernel/walk.h"
#include "lib/string.h"
#include "lib/words.h"
#include "mm/frame.h"
#include "mm/heap.h"
#include "mm/memory.h"
#include "mm/paging.h"
#include "task/executor.h"

// As many as fit into a line, with one blank between two.
enum { WORDS_MAX = (LINE_MAX + 1) / 2 };
enum { TASKS_SHOWN = 12 };
enum { SPAWN_MAX = 100000, WAIT_MAX = 3600 };
enum { NIGHT_TICKS = 2 * TIMER_HERTZ };

// What was typed, for the command that runs.
static char *words[WORDS_MAX]; // the command's name first
static size_t word_count;
static uint64_t number; // words[1], if the command takes a number

static uint64_t wait_ticks; // what the command asks the monitor for

static void echo(void)
{
    for (size_t i = 1; i < word_count; i++) {
        kprintf("%s%s", i > 1 ? " " : "", words[i]);
    }
    kprintf("\n");
}

static void ticks(void)
{
    uint64_t now = timer_ticks();
    kprintf("%lu, at %u.%03u Hz: %lu seconds\n", now,
            TIMER_MILLIHERTZ / 1000, TIMER_MILLIHERTZ % 1000,
            now * 1000 / TIMER_MILLIHERTZ);
}

static void memory(void)
{
    memory_print();
    kprintf("%zu of %zu KiB are free; %zu blocks on the heap\n",
            frame_free_count() * (PAGE_SIZE / 1024),
            frame_count() * (PAGE_SIZE / 1024), heap_count());
}

static void tasks(void)
{
    size_t slot = 0;
    size_t rows = 0;
    const struct task *task;
    kprintf("        id      polls  %-18s name\n", "state");
    while (rows < TASKS_SHOWN && (task = executor_next(&slot)) != NULL) {
        kprintf("%10u %10lu  %-18s %s\n", task->waker.id, task->polls,
                executor_state(task), task->name);
        rows++;
    }
    struct executor_counts counts = executor_counts();
    if (counts.tasks > rows) {
        kprintf("and %zu more\n", counts.tasks - rows);
    }
    kprintf("%lu wakes, %lu polls, asleep %lu times\n", counts.wakes,
            counts.polls, counts.sleeps);
}

static void walk(void)
{
    walk_print(number);
    if (paging_is_canonical(number)) {
        struct page_walk found = paging_walk(paging_root(), number);
        if (found.mapped) {
            kprintf("  physical address 0x%lx\n", found.address.value);
        }
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

static void spawn(void)
{
    uint64_t made = 0;
    while (made < number) {
        const struct sleeper sleeper = {
            .future = FUTURE(run_sleeper),
            .ticks = made % TIMER_HERTZ + NIGHT_TICKS,
        };
        if (!executor_spawn("sleeper", &sleeper.future,
                            sizeof(sleeper))) {
            kprintf("There is no memory for more.\n");
            break;
        }
        made++;
    }
    kprintf("%lu %s two to three seconds\n", made,
            made == 1 ? "task sleeps" : "tasks sleep");
}

static void wait(void)
{
    wait_ticks = number * TIMER_HERTZ;
}

static void layout(void)
{
    if (strcmp(words[1], "us") == 0) {
        keys_set_layout(&layout_us);
    } else if (strcmp(words[1], "german") == 0) {
        keys_set_layout(&layout_german);
    } else {
        kprintf("%s is not a layout: choose us or german\n", words[1]);
    }
}

static void fault(void)
{
    if (word_count < 2 || !faults_commit(words[1])) {
        kprintf("there are:\n");
        faults_print();
    }
}

static void reboot(void)
{
    power_reset();
    kprintf("The keyboard controller cannot reset this machine.\n");
}

static void poweroff(void)
{
    power_off();
    kprintf("Only QEMU can be switched off from here.\n");
}

static void help(void);

static const struct command {
    const char *name;
    const char *arguments;
    const char *what;
    size_t least; // how many arguments it takes
    size_t most;
    uint64_t limit; // of its number; 0 if it takes none
    void (*run)(void);
} commands[] = {
    {"help", "", "prints this", 0, 0, 0, help},
    {"echo", "TEXT", "prints the text", 0, WORDS_MAX - 1, 0, echo},
    {"clear", "", "blanks the screen", 0, 0, 0, console_clear},
    {"ticks", "", "how often the timer has ticked", 0, 0, 0, ticks},
    {"memory", "", "how much there is, and is free", 0, 0, 0, memory},
    {"tasks", "", "what all tasks are doing", 0, 0, 0, tasks},
    {"walk", "ADDRESS", "how the CPU translates the address", 1, 1,
     UINT64_MAX, walk},
    {"spawn", "COUNT", "begins so many tasks, which sleep", 1, 1,
     SPAWN_MAX, spawn},
    {"wait", "SECONDS", "does nothing; any key ends it", 1, 1, WAIT_MAX,
     wait},
    {"layout", "NAME", "of the keyboard: us or german", 1, 1, 0,
     layout},
    {"fault", "KIND", "makes a mistake on purpose", 0, 1, 0, fault},
    {"reboot", "", "starts the machine again", 0, 0, 0, reboot},
    {"poweroff", "", "switches QEMU off", 0, 0, 0, poweroff},
};

enum { COMMAND_COUNT = sizeof(commands) / sizeof(commands[0]) };

static void help(void)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        kprintf("  %-8s %-8s %s\n", commands[i].name,
                commands[i].arguments, commands[i].what);
    }
    kprintf("Arrows, Home, End, Delete, Ctrl-A, Ctrl-E and Ctrl-U edit "
            "the line;\nUp and Down bring back earlier ones.\n");
}

// Reads the argument; prints what is wrong with it if it's no number,
// or more than `limit`.
static bool read_number(uint64_t limit)
{
    enum number result = words_number(words[1], &number);
    if (result == NUMBER_NONE) {
        kprintf("%s is not a number: write 1024, or 0xb8000\n",
                words[1]);
    } else if (result == NUMBER_TOO_LARGE || number > limit) {
        kprintf("%s is too large: the limit is %lu\n", words[1], limit);
    } else {
        return true;
    }
    return false;
}

static void run(const struct command *command)
{
    size_t arguments = word_count - 1;
    if (arguments < command->least || arguments > command->most) {
        kprintf("usage: %s%s%s\n", command->name,
                command->most > 0 ? " " : "", command->arguments);
    } else if (command->limit == 0 || read_number(command->limit)) {
        command->run();
    }
}

uint64_t commands_obey(char *text)
{
    wait_ticks = 0;
    word_count = words_split(text, words, WORDS_MAX);
    if (word_count == 0) {
        return 0;
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(commands[i].name, words[0]) == 0) {
            run(&commands[i]);
            return wait_ticks;
        }
    }
    kprintf("%s is not a command; help lists them\n", words[0]);
    return 0;
}
