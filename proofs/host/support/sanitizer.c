// Proves that the sanitizers watch this program: without them, or with
// a memset of ours in place of theirs, every test could pass in vain.
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host.h"

// volatile: the compiler must not see that these are mistakes.
static volatile size_t too_many = 12;
static volatile int largest = INT_MAX;
static char *volatile buffer;

static void overrun_a_buffer(void)
{
    buffer = malloc(10);
    memset(buffer, 1, too_many);
}

static void overflow_a_number(void)
{
    largest = largest + 1;
}

// The mistakes by their name on the command line, each with the word that
// its report contains.
static const struct {
    const char *name;
    void (*make)(void);
    const char *word;
} mistakes[] = {
    {"overrun-a-buffer", overrun_a_buffer, "AddressSanitizer"},
    {"overflow-a-number", overflow_a_number, "runtime error"},
};

void host_make_mistake(const char *name)
{
    for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        if (strcmp(mistakes[i].name, name) == 0) {
            mistakes[i].make();
        }
    }
}

// Runs this program again to make one mistake; whether it was reported
// with this word.  Again, and not a copy of this process, because only
// at its start can the report be told to do without lines of the source:
// to look them up takes longer than most tests.
static bool reported(const char *program, const char *name,
                     const char *word)
{
    static char said[1 << 14];
    int ends[2];
    fflush(stdout);
    if (pipe(ends) != 0) {
        return false;
    }
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        setenv("ASAN_OPTIONS", "symbolize=0", 1);
        setenv("UBSAN_OPTIONS", "symbolize=0", 1);
        execl(program, program, name, (char *)NULL);
        _exit(0);
    }
    close(ends[1]);
    size_t length = 0;
    ssize_t got = 1;
    while (got > 0 && length < sizeof(said) - 1) {
        got = read(ends[0], said + length, sizeof(said) - 1 - length);
        length += got > 0 ? (size_t)got : 0;
    }
    said[length] = '\0';
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    return child > 0 && status != 0 && strstr(said, word) != NULL;
}

bool host_sanitizer_alive(const char *program)
{
    for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        if (!reported(program, mistakes[i].name, mistakes[i].word)) {
            printf("%s: no sanitizer noticed this mistake\n",
                   mistakes[i].name);
            return false;
        }
    }
    return true;
}
