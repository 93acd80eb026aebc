// Stands before a C compiler in PATH while the book is proven.  The
// states of the reader's tree have most of their files in common, so
// what was compiled for one is taken for another where all that the
// compiler reads is the same: the arguments, the source, and every
// header that it read.
//
// BOOK_CC_REAL    a directory with links to the compilers, by name
// BOOK_CC_CACHE   a directory, for this run of the proof only
// BOOK_CC_PLACE   the end of the path of this state, run-ab12/0007: the
//                 debugging information names it, so it is exchanged
//                 (all of them are equally long)
//
// In C: the same as a program of the shell takes five times as long,
// and it is called for every object of every state.  What cannot be
// taken or kept is compiled; what goes wrong otherwise ends the build.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

// A new text, as printf() would print it.  It is never freed: we do not
// live long.
__attribute__((format(printf, 1, 2))) static char *
text(const char *format, ...)
{
    char *result;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&result, format, arguments) < 0) {
        exit(127);
    }
    va_end(arguments);
    return result;
}

// --- Files as a whole ---------------------------------------------------

struct bytes {
    char *data; // NULL: could not be read
    size_t size;
};

static struct bytes read_file(const char *path)
{
    struct bytes result = {NULL, 0};
    int file = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (file < 0) {
        return result;
    }
    if (fstat(file, &status) == 0) {
        size_t size = (size_t)status.st_size;
        char *data = malloc(size + 1);
        if (data != NULL && read(file, data, size) == (ssize_t)size) {
            data[size] = '\0';
            result = (struct bytes){data, size};
        } else {
            free(data);
        }
    }
    close(file);
    return result;
}

static bool write_file(const char *path, struct bytes bytes)
{
    unlink(path); // it may be a link to another state's
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file < 0) {
        return false;
    }
    bool done = write(file, bytes.data, bytes.size) == (ssize_t)bytes.size;
    return close(file) == 0 && done;
}

// Exchanges a text for another of the same length, everywhere.
static void exchange(struct bytes bytes, const char *old, const char *new)
{
    size_t length = strlen(old);
    for (char *at = bytes.data;; at += length) {
        size_t left = bytes.size - (size_t)(at - bytes.data);
        at = memmem(at, left, old, length);
        if (at == NULL) {
            return;
        }
        memcpy(at, new, length);
    }
}

// --- What was read ------------------------------------------------------

// Two sums of 64 bits, made in different ways: FNV-1a, and one with
// another multiplier that adds.
struct sum {
    uint64_t one;
    uint64_t other;
};

static const struct sum EMPTY = {0xcbf29ce484222325, 0x9e3779b97f4a7c15};

static struct sum add(struct sum sum, const char *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        uint64_t byte = (unsigned char)data[i];
        sum.one = (sum.one ^ byte) * 0x100000001b3;
        sum.other = (sum.other + byte + 1) * 0xd1342543de82ef95;
        sum.other ^= sum.other >> 29;
    }
    return sum;
}

static char *as_text(struct sum sum)
{
    return text("%016llx%016llx", (unsigned long long)sum.one,
                (unsigned long long)sum.other);
}

// "SUM SIZE" of a file; NULL if it cannot be read.
static char *describe(const char *path)
{
    struct bytes file = read_file(path);
    if (file.data == NULL) {
        return NULL;
    }
    struct sum sum = add(EMPTY, file.data, file.size);
    free(file.data);
    return text("%s %zu", as_text(sum), file.size);
}

// Whether all files of a list (SUM SIZE PATH, line by line) are still
// what they were.
static bool is_unchanged(const char *list)
{
    struct bytes lines = read_file(list);
    bool same = lines.data != NULL && lines.size > 0;
    char *rest = lines.data;
    for (char *line; same && (line = strsep(&rest, "\n")) != NULL;) {
        char *path = strchr(line, ' ');
        path = path == NULL ? NULL : strchr(path + 1, ' ');
        if (path != NULL) {
            *path = '\0';
            const char *now = describe(path + 1);
            same = now != NULL && strcmp(now, line) == 0;
        } else {
            same = *line == '\0';
        }
    }
    free(lines.data);
    return same;
}

// --- What is kept -------------------------------------------------------

static const char *object;
static const char *source;
static const char *headers; // the list that -MMD writes
static const char *place;
static const char *nowhere; // a place that is none

// Takes what an entry has; false if it has not all of it.
static bool take(const char *entry)
{
    if (!is_unchanged(text("%s/read", entry))) {
        return false;
    }
    struct bytes code = read_file(text("%s/object", entry));
    struct bytes list = read_file(text("%s/headers", entry));
    if (code.data == NULL || list.data == NULL) {
        return false;
    }
    exchange(code, nowhere, place);
    return write_file(object, code) && write_file(headers, list);
}

static bool note(FILE *list, const char *path)
{
    const char *now = describe(path);
    return now != NULL && fprintf(list, "%s %s\n", now, path) > 0;
}

// Notes the source and each header.  -MP gives every header a line of
// its own, with a colon behind it.
static bool note_all(const char *path, struct bytes made)
{
    FILE *list = fopen(path, "w");
    bool done = list != NULL && note(list, source);
    char *rest = made.data;
    for (char *line; done && (line = strsep(&rest, "\n")) != NULL;) {
        size_t length = strlen(line);
        if (length > 0 && line[length - 1] == ':') {
            line[length - 1] = '\0';
            done = note(list, line);
        }
    }
    return (list == NULL || fclose(list) == 0) && done;
}

// Makes an entry of what was just compiled; false if that fails.
static bool keep(const char *new, const char *known)
{
    struct bytes code = read_file(object);
    struct bytes list = read_file(headers);
    if (code.data == NULL || list.data == NULL) {
        return false;
    }
    exchange(code, place, nowhere);
    if (!write_file(text("%s/object", new), code) ||
        !write_file(text("%s/headers", new), list) ||
        !note_all(text("%s/read", new), list)) {
        return false;
    }
    // Another state may have got there first.
    for (unsigned i = 0; i < 1000; i++) {
        if (rename(new, text("%s.%u", known, i)) == 0) {
            return true;
        }
    }
    return false;
}

static void forget(const char *new)
{
    static const char *const names[] = {"errors", "object", "headers",
                                        "read"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        unlink(text("%s/%s", new, names[i]));
    }
    rmdir(new);
}

// --- The compiler -------------------------------------------------------

static int call(const char *real, char **arguments)
{
    arguments[0] = (char *)real;
    execv(real, arguments);
    perror(real);
    return 127;
}

// Calls it; what it says goes to a file first.  A warning must come out
// every time: what has one is not kept.
static int call_and_keep(const char *real, char **arguments,
                         const char *known)
{
    const char *new = text("%s/new.%ld", getenv("BOOK_CC_CACHE"),
                           (long)getpid());
    const char *said = text("%s/errors", new);
    if (mkdir(new, 0777) != 0) {
        return call(real, arguments);
    }
    pid_t child = fork();
    if (child == 0) {
        int file = open(said, O_WRONLY | O_CREAT | O_TRUNC, 0666);
        if (file < 0 || dup2(file, STDERR_FILENO) < 0) {
            _exit(127);
        }
        close(file);
        _exit(call(real, arguments));
    }
    int status;
    if (child < 0 || waitpid(child, &status, 0) != child) {
        return 127;
    }
    struct bytes errors = read_file(said);
    if (errors.data == NULL) {
        return 127;
    }
    fwrite(errors.data, 1, errors.size, stderr);
    if (status != 0 || errors.size != 0 || !keep(new, known)) {
        forget(new);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text);
    return length > strlen(end) &&
           strcmp(text + length - strlen(end), end) == 0;
}

// Whether it is what our rules do: one source, one object, a list of
// headers.
static bool understand(int count, char **arguments)
{
    char flags[16] = "";
    for (int i = 1; i < count; i++) {
        const char *word = arguments[i];
        if (strcmp(arguments[i - 1], "-o") == 0) {
            object = word;
        }
        if (strcmp(word, "-c") == 0 || strcmp(word, "-MMD") == 0 ||
            strcmp(word, "-MP") == 0) {
            if (strlen(flags) + strlen(word) >= sizeof(flags)) {
                return false;
            }
            strcat(flags, word);
        } else if (ends_with(word, ".c")) {
            if (source != NULL) {
                return false;
            }
            source = word;
        }
    }
    if (strcmp(flags, "-MMD-MP-c") != 0 || source == NULL ||
        object == NULL || !ends_with(object, ".o")) {
        return false;
    }
    headers = text("%.*s.d", (int)strlen(object) - 2, object);
    place = getenv("BOOK_CC_PLACE");
    const char *number = place == NULL ? NULL : strrchr(place, '/');
    if (number == NULL || strlen(number) != strlen("/0000")) {
        return false;
    }
    nowhere = text("%.*s/0000", (int)(number - place), place);
    return getenv("BOOK_CC_CACHE") != NULL;
}

int main(int count, char **arguments)
{
    const char *directory = getenv("BOOK_CC_REAL");
    const char *name = strrchr(arguments[0], '/');
    name = name == NULL ? arguments[0] : name + 1;
    char real[4096] = ""; // what the link says: messages begin with it
    if (directory == NULL ||
        readlink(text("%s/%s", directory, name), real,
                 sizeof(real) - 1) < 0) {
        fprintf(stderr, "%s: BOOK_CC_REAL has no such compiler\n", name);
        return 127;
    }
    struct bytes code = {NULL, 0};
    if (understand(count, arguments)) {
        code = read_file(source);
    }
    if (code.data == NULL) {
        return call(real, arguments);
    }
    struct sum sum = add(EMPTY, real, strlen(real) + 1);
    for (int i = 1; i < count; i++) {
        sum = add(sum, arguments[i], strlen(arguments[i]) + 1);
    }
    sum = add(sum, code.data, code.size);
    const char *known = text("%s/%s", getenv("BOOK_CC_CACHE"),
                             as_text(sum));
    for (unsigned i = 0;; i++) {
        const char *entry = text("%s.%u", known, i);
        if (access(entry, F_OK) != 0) {
            return call_and_keep(real, arguments, known);
        }
        if (take(entry)) {
            return 0;
        }
    }
}
