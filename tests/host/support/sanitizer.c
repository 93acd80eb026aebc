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

// Runs a mistake in a child process; whether it was reported with this
// word.
static bool reported(void (*mistake)(void), const char *word)
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
        mistake();
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

bool host_sanitizer_alive(void)
{
    if (!reported(overrun_a_buffer, "AddressSanitizer")) {
        printf("AddressSanitizer did not notice a memset that writes "
               "12 bytes into 10\n");
        return false;
    }
    if (!reported(overflow_a_number, "runtime error")) {
        printf("UndefinedBehaviorSanitizer did not notice INT_MAX + 1\n");
        return false;
    }
    return true;
}
