/*
 * Records what a process does to the files below one folder. Loaded before the C library (LD_PRELOAD), it does each call as
 * asked and then appends it to a log: from a prefix of the log, disk.rs makes the disks that a power cut could leave.
 *
 * LUMBRA_FAULTS_ROOT: the folder, absolute. LUMBRA_FAULTS_LOG: the log. What is written to standard output is recorded too: those
 * are the process's own marks. A call that reaches such a file and can't be recorded is recorded as unknown, and the recording
 * is refused. Syncing is only recorded, not done: the disk below plays no part, and the run is fast. LUMBRA_FAULTS_LYING: not even
 * recorded, as with a disk that acknowledges and forgets.
 *
 * The log's index (-shm) is left out: SQLite makes it anew after a crash.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

/* As recording.rs reads them. */
enum kind {
    OPEN = 1, CLOSE = 2, WRITE = 3, TRUNCATE = 4, SYNC = 5, UNLINK = 6, RENAME = 7, MKDIR = 8, MARK = 9, UNKNOWN = 10
};

struct head {
    uint32_t kind;
    int32_t fd;
    uint64_t number;
    uint32_t path_len;
    uint32_t data_len;
};

#define FDS 4096
static unsigned char watched[FDS];
static char root[4096];
static size_t root_len;
static int log_fd = -1;
static int lying;

static void fail(const char *what)
{
    dprintf(2, "the shim can't record: %s\n", what);
    abort();
}

#define REAL(name) \
    static __typeof__(&name) real; \
    if (real == NULL) { \
        real = (__typeof__(&name))dlsym(RTLD_NEXT, #name); \
        if (real == NULL) fail("no " #name); \
    }

__attribute__((constructor)) static void begin(void)
{
    const char *dir = getenv("LUMBRA_FAULTS_ROOT"), *file = getenv("LUMBRA_FAULTS_LOG");
    if (dir == NULL || file == NULL || strlen(dir) >= sizeof root) {
        fail("no folder or no log is named");
    }
    strcpy(root, dir);
    root_len = strlen(root);
    lying = getenv("LUMBRA_FAULTS_LYING") != NULL;
    log_fd = (int)syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log_fd < 0) {
        fail("the log can't be opened");
    }
}

static void note(enum kind kind, int fd, uint64_t number, const char *path, const void *data, size_t data_len)
{
    size_t path_len = path == NULL ? 0 : strlen(path);
    struct head head = { kind, fd, number, (uint32_t)path_len, (uint32_t)data_len };
    struct iovec parts[3] = { { &head, sizeof head }, { (void *)path, path_len }, { (void *)data, data_len } };
    int before = errno;
    if (syscall(SYS_writev, log_fd, parts, 3) != (ssize_t)(sizeof head + path_len + data_len)) {
        fail("the log can't be written");
    }
    errno = before;
}

static int ends_with(const char *path, const char *end)
{
    size_t len = strlen(path), end_len = strlen(end);
    return len >= end_len && strcmp(path + len - end_len, end) == 0;
}

/* The path below the folder, "" for the folder itself, NULL for elsewhere. */
static const char *below(int dir, const char *path)
{
    if (path == NULL) {
        return NULL;
    }
    if (path[0] != '/') {
        if (dir != AT_FDCWD && dir >= 0 && dir < FDS && watched[dir]) {
            note(UNKNOWN, dir, 0, "a path relative to a folder", NULL, 0);
        }
        return NULL;
    }
    if (strncmp(path, root, root_len) != 0 || ends_with(path, "-shm")) {
        return NULL;
    }
    if (path[root_len] == '\0') {
        return path + root_len;
    }
    return path[root_len] == '/' ? path + root_len + 1 : NULL;
}

static int is_watched(int fd)
{
    return fd >= 0 && fd < FDS && watched[fd];
}

static int opened(int fd, int dir, const char *path, int flags)
{
    const char *inside = below(dir, path);
    if (fd >= FDS) {
        fail("too many open files");
    }
    if (fd >= 0) {
        watched[fd] = inside != NULL;
        if (inside != NULL) {
            note(OPEN, fd, (flags & O_TRUNC) != 0, inside, NULL, 0);
        }
    }
    return fd;
}

#define MODE(last) \
    mode_t mode = 0; \
    if (flags & (O_CREAT | __O_TMPFILE)) { \
        va_list more; \
        va_start(more, last); \
        mode = va_arg(more, mode_t); \
        va_end(more); \
    }

int open(const char *path, int flags, ...)
{
    MODE(flags)
    REAL(open)
    return opened(real(path, flags, mode), AT_FDCWD, path, flags);
}

int open64(const char *path, int flags, ...)
{
    MODE(flags)
    REAL(open64)
    return opened(real(path, flags, mode), AT_FDCWD, path, flags);
}

int openat(int dir, const char *path, int flags, ...)
{
    MODE(flags)
    REAL(openat)
    return opened(real(dir, path, flags, mode), dir, path, flags);
}

int openat64(int dir, const char *path, int flags, ...)
{
    MODE(flags)
    REAL(openat64)
    return opened(real(dir, path, flags, mode), dir, path, flags);
}

int creat(const char *path, mode_t mode)
{
    return open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}

int close(int fd)
{
    REAL(close)
    if (is_watched(fd)) {
        watched[fd] = 0;
        note(CLOSE, fd, 0, NULL, NULL, 0);
    }
    return real(fd);
}

static ssize_t written(int fd, off64_t offset, const void *bytes, ssize_t done)
{
    if (done > 0) {
        if (fd == STDOUT_FILENO) {
            note(MARK, fd, 0, NULL, bytes, (size_t)done);
        } else if (is_watched(fd)) {
            note(WRITE, fd, (uint64_t)offset, NULL, bytes, (size_t)done);
        }
    }
    return done;
}

ssize_t write(int fd, const void *bytes, size_t len)
{
    off64_t offset = 0;
    REAL(write)
    if (is_watched(fd)) {
        int flags = fcntl(fd, F_GETFL);
        offset = lseek64(fd, 0, flags >= 0 && (flags & O_APPEND) ? SEEK_END : SEEK_CUR);
    }
    return written(fd, offset, bytes, real(fd, bytes, len));
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t offset)
{
    REAL(pwrite)
    return written(fd, offset, bytes, real(fd, bytes, len, offset));
}

ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t offset)
{
    REAL(pwrite64)
    return written(fd, offset, bytes, real(fd, bytes, len, offset));
}

/* Written as one piece each: what a caller of these expects of a disk is no more. */
ssize_t writev(int fd, const struct iovec *parts, int count)
{
    ssize_t all = 0;
    REAL(writev)
    if (fd != STDOUT_FILENO && !is_watched(fd)) {
        return real(fd, parts, count);
    }
    for (int part = 0; part < count; part++) {
        ssize_t done = parts[part].iov_len == 0 ? 0 : write(fd, parts[part].iov_base, parts[part].iov_len);
        if (done < 0) {
            return all > 0 ? all : done;
        }
        all += done;
        if ((size_t)done < parts[part].iov_len) {
            break;
        }
    }
    return all;
}

static int truncated(int fd, off64_t len, int result)
{
    if (result == 0 && is_watched(fd)) {
        note(TRUNCATE, fd, (uint64_t)len, NULL, NULL, 0);
    }
    return result;
}

int ftruncate(int fd, off_t len)
{
    REAL(ftruncate)
    return truncated(fd, len, real(fd, len));
}

int ftruncate64(int fd, off64_t len)
{
    REAL(ftruncate64)
    return truncated(fd, len, real(fd, len));
}

static int synced(int fd)
{
    if (fcntl(fd, F_GETFD) < 0) {
        return -1;
    }
    if (is_watched(fd) && !lying) {
        note(SYNC, fd, 0, NULL, NULL, 0);
    }
    return 0;
}

int fsync(int fd)
{
    return synced(fd);
}

int fdatasync(int fd)
{
    return synced(fd);
}

static int unlinked(int dir, const char *path, int result)
{
    const char *inside = below(dir, path);
    if (result == 0 && inside != NULL) {
        note(UNLINK, -1, 0, inside, NULL, 0);
    }
    return result;
}

int unlink(const char *path)
{
    REAL(unlink)
    return unlinked(AT_FDCWD, path, real(path));
}

int unlinkat(int dir, const char *path, int flags)
{
    REAL(unlinkat)
    return unlinked(dir, path, real(dir, path, flags));
}

int remove(const char *path)
{
    REAL(remove)
    return unlinked(AT_FDCWD, path, real(path));
}

int rmdir(const char *path)
{
    REAL(rmdir)
    return unlinked(AT_FDCWD, path, real(path));
}

static int renamed(int from_dir, const char *from, int to_dir, const char *to, int result)
{
    const char *inside = below(from_dir, from), *to_inside = below(to_dir, to);
    if (result == 0 && (inside != NULL || to_inside != NULL)) {
        if (inside == NULL || to_inside == NULL) {
            note(UNKNOWN, -1, 0, "a rename across the folder's border", NULL, 0);
        } else {
            note(RENAME, -1, 0, inside, to_inside, strlen(to_inside));
        }
    }
    return result;
}

int rename(const char *from, const char *to)
{
    REAL(rename)
    return renamed(AT_FDCWD, from, AT_FDCWD, to, real(from, to));
}

int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
    REAL(renameat)
    return renamed(from_dir, from, to_dir, to, real(from_dir, from, to_dir, to));
}

int mkdir(const char *path, mode_t mode)
{
    const char *inside = below(AT_FDCWD, path);
    int result;
    REAL(mkdir)
    result = real(path, mode);
    if (result == 0 && inside != NULL) {
        note(MKDIR, -1, 0, inside, NULL, 0);
    }
    return result;
}

/* What neither SQLite nor the store does today to a file that matters. If one begins to, the recording must learn it. */
static void unknown(int fd, const char *what)
{
    if (is_watched(fd)) {
        note(UNKNOWN, fd, 0, what, NULL, 0);
    }
}

int fallocate(int fd, int mode, off_t offset, off_t len)
{
    REAL(fallocate)
    unknown(fd, "fallocate");
    return real(fd, mode, offset, len);
}

int posix_fallocate(int fd, off_t offset, off_t len)
{
    REAL(posix_fallocate)
    unknown(fd, "posix_fallocate");
    return real(fd, offset, len);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset)
{
    REAL(pwritev)
    unknown(fd, "pwritev");
    return real(fd, parts, count, offset);
}

ssize_t copy_file_range(int from, off64_t *from_at, int to, off64_t *to_at, size_t len, unsigned int flags)
{
    REAL(copy_file_range)
    unknown(to, "copy_file_range");
    return real(from, from_at, to, to_at, len, flags);
}

int dup(int fd)
{
    REAL(dup)
    unknown(fd, "dup");
    return real(fd);
}

int link(const char *from, const char *to)
{
    REAL(link)
    if (below(AT_FDCWD, to) != NULL) {
        note(UNKNOWN, -1, 0, "link", NULL, 0);
    }
    return real(from, to);
}

static void mapped(int fd, int protection, int flags)
{
    if ((protection & PROT_WRITE) && (flags & MAP_SHARED)) {
        unknown(fd, "a writable mapping");
    }
}

void *mmap(void *at, size_t len, int protection, int flags, int fd, off_t offset)
{
    REAL(mmap)
    mapped(fd, protection, flags);
    return real(at, len, protection, flags, fd, offset);
}

void *mmap64(void *at, size_t len, int protection, int flags, int fd, off64_t offset)
{
    REAL(mmap64)
    mapped(fd, protection, flags);
    return real(at, len, protection, flags, fd, offset);
}
