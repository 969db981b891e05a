/* Preloaded into the writing process: notes, in order, every change and every sync of files below $POWER_CUT_ROOT,
   and every "confirmed N" printed, in $POWER_CUT_LOG. A record: kind, length of path, offset, length of data, path, data. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static pthread_mutex_t order = PTHREAD_MUTEX_INITIALIZER;
static int log_file = -1;
static ssize_t (*real_write)(int, const void *, size_t);

#define REAL(result, name, ...) static result (*real)(__VA_ARGS__); if (!real) real = dlsym(RTLD_NEXT, name)

static void begin(void) {
    pthread_mutex_lock(&order);
    if (log_file >= 0) return;
    real_write = dlsym(RTLD_NEXT, "write");
    int (*open_real)(const char *, int, ...) = dlsym(RTLD_NEXT, "open64");
    log_file = open_real(getenv("POWER_CUT_LOG"), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0644);
}

static void end(void) { pthread_mutex_unlock(&order); }

static int ours(const char *path) {
    const char *root = getenv("POWER_CUT_ROOT");
    return root && !strncmp(path, root, strlen(root));
}

static int ours_open(int file, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, 4000);
    if (length < 0) return 0;
    path[length] = 0;
    return ours(path);
}

static void note(char kind, const char *path, uint64_t offset, const void *data, uint64_t length) {
    uint32_t path_length = strlen(path);
    char head[21];
    head[0] = kind;
    memcpy(head + 1, &path_length, 4);
    memcpy(head + 5, &offset, 8);
    memcpy(head + 13, &length, 8);
    real_write(log_file, head, sizeof head);
    real_write(log_file, path, path_length);
    if (length) real_write(log_file, data, length);
}

ssize_t write(int file, const void *data, size_t length) {
    char path[4096], line[64] = {0};
    begin();
    if (file == 1) {
        unsigned long step;
        memcpy(line, data, length < 63 ? length : 63);
        if (sscanf(line, "confirmed %lu", &step) == 1) note('A', "", step, 0, 0);
    }
    int noted = file > 2 && file != log_file && ours_open(file, path);
    off_t at = noted ? lseek(file, 0, fcntl(file, F_GETFL) & O_APPEND ? SEEK_END : SEEK_CUR) : 0;
    ssize_t written = real_write(file, data, length);
    if (noted && written > 0) note('W', path, at, data, written);
    end();
    return written;
}

ssize_t pwrite64(int file, const void *data, size_t length, off64_t at) {
    REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t);
    char path[4096];
    begin();
    int noted = ours_open(file, path);
    ssize_t written = real(file, data, length, at);
    if (noted && written > 0) note('W', path, at, data, written);
    end();
    return written;
}

ssize_t pwrite(int file, const void *data, size_t length, off_t at) { return pwrite64(file, data, length, at); }

static int synced(int file, int (*real)(int)) {
    char path[4096];
    begin();
    int noted = ours_open(file, path);
    int result = real(file);
    if (noted && !result) note('S', path, 0, 0, 0);
    end();
    return result;
}

int fsync(int file) { REAL(int, "fsync", int); return synced(file, real); }
int fdatasync(int file) { REAL(int, "fdatasync", int); return synced(file, real); }

int sync_file_range(int file, off64_t at, off64_t length, unsigned flags) {
    REAL(int, "sync_file_range", int, off64_t, off64_t, unsigned);
    char path[4096];
    uint64_t bytes = length;
    begin();
    int noted = ours_open(file, path);
    int result = real(file, at, length, flags);
    if (noted && !result) note('R', path, at, &bytes, 8);
    end();
    return result;
}

int ftruncate64(int file, off64_t length) {
    REAL(int, "ftruncate64", int, off64_t);
    char path[4096];
    begin();
    int noted = ours_open(file, path);
    int result = real(file, length);
    if (noted && !result) note('T', path, length, 0, 0);
    end();
    return result;
}

int ftruncate(int file, off_t length) { return ftruncate64(file, length); }

int rename(const char *from, const char *to) {
    REAL(int, "rename", const char *, const char *);
    begin();
    int result = real(from, to);
    if (!result && ours(from)) note('M', from, 0, to, strlen(to));
    end();
    return result;
}

int unlink(const char *path) {
    REAL(int, "unlink", const char *);
    begin();
    int result = real(path);
    if (!result && ours(path)) note('U', path, 0, 0, 0);
    end();
    return result;
}

int mkdir(const char *path, mode_t mode) {
    REAL(int, "mkdir", const char *, mode_t);
    begin();
    int result = real(path, mode);
    if (!result && ours(path)) note('D', path, 0, 0, 0);
    end();
    return result;
}

static int opened(const char *path, int flags, mode_t mode) {
    REAL(int, "open64", const char *, int, ...);
    struct stat found;
    begin();
    int there = ours(path) && !stat(path, &found);
    int file = real(path, flags, mode);
    if (file >= 0 && ours(path) && flags & O_CREAT && !there) note('C', path, 0, 0, 0);
    else if (file >= 0 && ours(path) && flags & O_TRUNC) note('T', path, 0, 0, 0);
    end();
    return file;
}

int open64(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return opened(path, flags, mode);
}

int open(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return opened(path, flags, mode);
}
