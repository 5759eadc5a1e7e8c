/* The disk below a program, as tests want it: what it is asked to do is logged, and it can be told to fail. Preloaded:
 *
 *   LD_PRELOAD=libdisk_shim.so DISK_SHIM_DIR=FOLDER [DISK_SHIM_LOG=FILE] [DISK_SHIM_FAULT=FILE] egd ...
 *
 * Only files below FOLDER are meant, and what is sent into sockets is logged among it. The log is what
 * tests/support/disk_shim.py replays: for each call, once it has succeeded, in the order in which it took effect (one
 * lock is held over each), a record of
 *   uint32 operation, uint32 length of the path, uint32 length of the bytes, uint64 offset; then the path and the bytes.
 * The fault file holds two int32, changed while the program runs: what is to fail (below), and how often it did.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum Operation {
  kCreate = 1, kTruncate, kWrite, kSync, kSyncFailed, kRename, kLink, kUnlink, kMakeDirectory, kSend
};
enum Fault {
  kNone, kSyncFails, kDiskFull, kWriteFails, kTornWrite, kReadOnly
};
enum { kSentBytes = 4096 };

struct Record {
  uint32_t operation, path_length, size;
  uint64_t offset;
} __attribute__((packed));

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int log_file = -1;
static const char *folder;
static size_t folder_length;
static volatile int32_t *fault;

__attribute__((constructor)) static void Begin(void) {
  const char *log = getenv("DISK_SHIM_LOG"), *faults = getenv("DISK_SHIM_FAULT");
  folder = getenv("DISK_SHIM_DIR");
  if (folder == NULL) abort();
  folder_length = strlen(folder);
  if (log != NULL) log_file = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (faults != NULL) {
    const int file = (int)syscall(SYS_openat, AT_FDCWD, faults, O_RDWR | O_CLOEXEC, 0);
    void *map = file < 0 ? MAP_FAILED : mmap(NULL, 2 * sizeof *fault, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (map == MAP_FAILED) abort();
    fault = map;
    close(file);
  }
}

static int IsMeant(const char *path) {
  return strncmp(path, folder, folder_length) == 0 && (path[folder_length] == '/' || path[folder_length] == '\0') &&
         strstr(path, "-shm") == NULL;
}

static const char *PathOf(int fd, char *path, size_t size) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t length = readlink(link, path, size - 1);
  path[length < 0 ? 0 : length] = '\0';
  return path;
}

static void Log(uint32_t operation, const char *path, const void *bytes, size_t size, uint64_t offset) {
  if (log_file < 0) return;
  const struct Record record = {operation, (uint32_t)strlen(path), (uint32_t)size, offset};
  const struct iovec parts[] = {{(void *)&record, sizeof record}, {(void *)path, strlen(path)}, {(void *)bytes, size}};
  const long ignored = syscall(SYS_writev, log_file, parts, 3);
  (void)ignored;
}

/* Whether this is to fail now; counts it. */
static int Fails(enum Fault first, enum Fault second) {
  if (fault == NULL || fault[0] == kNone || (fault[0] != (int32_t)first && fault[0] != (int32_t)second)) return 0;
  __atomic_add_fetch(&fault[1], 1, __ATOMIC_RELAXED);
  return 1;
}

#define REAL(result, name, ...)                                                   \
  static result (*real)(__VA_ARGS__);                                             \
  if (real == NULL) real = (result(*)(__VA_ARGS__))(size_t)dlsym(RTLD_NEXT, #name)
#define BEGIN const int saved = errno; pthread_mutex_lock(&lock); errno = saved
#define END const int result_errno = errno; pthread_mutex_unlock(&lock); errno = result_errno

static int Open(int (*open_it)(int, const char *, int, mode_t), int directory, const char *path, int flags, mode_t mode) {
  char whole[4096];
  if (!IsMeant(path) || (flags & (O_CREAT | O_TRUNC | O_WRONLY | O_RDWR)) == 0) return open_it(directory, path, flags, mode);
  if ((flags & O_CREAT) != 0 && Fails(kReadOnly, kDiskFull) && access(path, F_OK) != 0) {
    errno = fault[0] == kReadOnly ? EROFS : ENOSPC;
    return -1;
  }
  BEGIN;
  const int is_new = (flags & O_CREAT) != 0 && access(path, F_OK) != 0;
  errno = 0;
  const int fd = open_it(directory, path, flags, mode);
  if (fd >= 0) {
    PathOf(fd, whole, sizeof whole);
    if (is_new) Log(kCreate, whole, "", 0, 0);
    else if ((flags & O_TRUNC) != 0) Log(kTruncate, whole, "", 0, 0);
  }
  END;
  return fd;
}

static int CallOpenat(int directory, const char *path, int flags, mode_t mode) {
  REAL(int, openat, int, const char *, int, ...);
  return real(directory, path, flags, mode);
}

#define DEFINE_OPEN(name)                                                         \
  int name(const char *path, int flags, ...) {                                    \
    va_list rest;                                                                 \
    va_start(rest, flags);                                                        \
    const mode_t mode = (flags & (O_CREAT | __O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0; \
    va_end(rest);                                                                 \
    return Open(CallOpenat, AT_FDCWD, path, flags, mode);                         \
  }
DEFINE_OPEN(open)
DEFINE_OPEN(open64)

static ssize_t Write(int fd, const void *bytes, size_t size, int64_t at, const char *path) {
  static ssize_t (*real_write)(int, const void *, size_t);
  static ssize_t (*real_pwrite)(int, const void *, size_t, off64_t);
  if (real_write == NULL) real_write = (ssize_t(*)(int, const void *, size_t))(size_t)dlsym(RTLD_NEXT, "write");
  if (real_pwrite == NULL) real_pwrite = (ssize_t(*)(int, const void *, size_t, off64_t))(size_t)dlsym(RTLD_NEXT, "pwrite64");
  int failure = 0;
  if (Fails(kDiskFull, kDiskFull)) failure = ENOSPC;
  else if (Fails(kWriteFails, kWriteFails)) failure = EIO;
  else if (Fails(kReadOnly, kReadOnly)) failure = EROFS;
  else if (Fails(kTornWrite, kTornWrite)) failure = EIO, size /= 2; /* half of it arrives all the same */
  if (failure != 0 && failure != EIO) {
    errno = failure;
    return -1;
  }
  if (failure == EIO && fault[0] == kWriteFails) {
    errno = EIO;
    return -1;
  }
  BEGIN;
  int64_t offset = at;
  if (at < 0) {
    struct stat64 status;
    const int append = (fcntl(fd, F_GETFL) & O_APPEND) != 0;
    offset = append && fstat64(fd, &status) == 0 ? status.st_size : lseek64(fd, 0, SEEK_CUR);
  }
  errno = 0;
  ssize_t written = at < 0 ? real_write(fd, bytes, size) : real_pwrite(fd, bytes, size, at);
  if (written > 0) Log(kWrite, path, bytes, (size_t)written, (uint64_t)offset);
  if (failure != 0) {
    errno = failure;
    written = -1;
  }
  END;
  return written;
}

static void NoteSend(int fd, const struct iovec *parts, size_t count) {
  char path[4096], bytes[kSentBytes];
  size_t size = 0;
  if (log_file < 0 || strncmp(PathOf(fd, path, sizeof path), "socket:", 7) != 0) return;
  for (size_t i = 0; i < count; ++i) {
    const size_t part = parts[i].iov_len < kSentBytes - size ? parts[i].iov_len : kSentBytes - size;
    memcpy(bytes + size, parts[i].iov_base, part);
    size += part;
  }
  BEGIN;
  Log(kSend, path, bytes, size, 0);
  END;
}

ssize_t write(int fd, const void *bytes, size_t size) {
  char path[4096];
  REAL(ssize_t, write, int, const void *, size_t);
  if (IsMeant(PathOf(fd, path, sizeof path))) return Write(fd, bytes, size, -1, path);
  const struct iovec part = {(void *)bytes, size};
  NoteSend(fd, &part, 1);
  return real(fd, bytes, size);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  char path[4096];
  REAL(ssize_t, writev, int, const struct iovec *, int);
  if (!IsMeant(PathOf(fd, path, sizeof path))) {
    NoteSend(fd, parts, (size_t)count);
    return real(fd, parts, count);
  }
  ssize_t all = 0;
  for (int i = 0; i < count; ++i) {
    const ssize_t written = Write(fd, parts[i].iov_base, parts[i].iov_len, -1, path);
    if (written < 0) return all > 0 ? all : -1;
    all += written;
    if ((size_t)written < parts[i].iov_len) break;
  }
  return all;
}

#define DEFINE_PWRITE(name, offset_type)                                          \
  ssize_t name(int fd, const void *bytes, size_t size, offset_type offset) {      \
    char path[4096];                                                              \
    REAL(ssize_t, name, int, const void *, size_t, offset_type);                  \
    if (!IsMeant(PathOf(fd, path, sizeof path))) return real(fd, bytes, size, offset); \
    return Write(fd, bytes, size, offset, path);                                  \
  }
DEFINE_PWRITE(pwrite, off_t)
DEFINE_PWRITE(pwrite64, off64_t)

#define DEFINE_TRUNCATE(name, offset_type)                                        \
  int name(int fd, offset_type length) {                                          \
    char path[4096];                                                              \
    REAL(int, name, int, offset_type);                                            \
    if (!IsMeant(PathOf(fd, path, sizeof path))) return real(fd, length);         \
    if (Fails(kReadOnly, kReadOnly)) {                                            \
      errno = EROFS;                                                              \
      return -1;                                                                  \
    }                                                                             \
    BEGIN;                                                                        \
    const int failed = real(fd, length);                                          \
    if (!failed) Log(kTruncate, path, "", 0, (uint64_t)length);                   \
    END;                                                                          \
    return failed;                                                                \
  }
DEFINE_TRUNCATE(ftruncate, off_t)
DEFINE_TRUNCATE(ftruncate64, off64_t)

#define DEFINE_SYNC(name)                                                         \
  int name(int fd) {                                                              \
    char path[4096];                                                              \
    REAL(int, name, int);                                                         \
    if (!IsMeant(PathOf(fd, path, sizeof path))) return real(fd);                 \
    BEGIN;                                                                        \
    int failed = Fails(kSyncFails, kSyncFails) ? -1 : real(fd);                   \
    Log(failed ? kSyncFailed : kSync, path, "", 0, 0);                            \
    if (failed) errno = EIO;                                                      \
    END;                                                                          \
    return failed;                                                                \
  }
DEFINE_SYNC(fsync)
DEFINE_SYNC(fdatasync)

#define DEFINE_NAMING(name, operation)                                            \
  int name(const char *from, const char *to) {                                    \
    REAL(int, name, const char *, const char *);                                  \
    if (!IsMeant(to)) return real(from, to);                                      \
    if (Fails(kReadOnly, kReadOnly)) {                                            \
      errno = EROFS;                                                              \
      return -1;                                                                  \
    }                                                                             \
    BEGIN;                                                                        \
    const int failed = real(from, to);                                            \
    if (!failed) Log(operation, from, to, strlen(to), 0);                         \
    END;                                                                          \
    return failed;                                                                \
  }
DEFINE_NAMING(rename, kRename)
DEFINE_NAMING(link, kLink)

#define DEFINE_REMOVE(name)                                                       \
  int name(const char *path) {                                                    \
    REAL(int, name, const char *);                                                \
    if (!IsMeant(path)) return real(path);                                        \
    BEGIN;                                                                        \
    const int failed = real(path);                                                \
    if (!failed) Log(kUnlink, path, "", 0, 0);                                    \
    END;                                                                          \
    return failed;                                                                \
  }
DEFINE_REMOVE(unlink)
DEFINE_REMOVE(remove)

int mkdir(const char *path, mode_t mode) {
  REAL(int, mkdir, const char *, mode_t);
  if (!IsMeant(path)) return real(path, mode);
  BEGIN;
  const int failed = real(path, mode);
  if (!failed) Log(kMakeDirectory, path, "", 0, 0);
  END;
  return failed;
}

ssize_t send(int fd, const void *bytes, size_t size, int flags) {
  REAL(ssize_t, send, int, const void *, size_t, int);
  const struct iovec part = {(void *)bytes, size};
  NoteSend(fd, &part, 1);
  return real(fd, bytes, size, flags);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
  REAL(ssize_t, sendmsg, int, const struct msghdr *, int);
  NoteSend(fd, message->msg_iov, message->msg_iovlen);
  return real(fd, message, flags);
}
