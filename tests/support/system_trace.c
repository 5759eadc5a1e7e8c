/* What a program does to its files and sockets, in the order in which it takes effect. Preloaded:
 *
 *   LD_PRELOAD=libsystem_trace.so SYSTEM_TRACE=FILE SYSTEM_TRACE_MARK=TEXT egd ...
 *
 * FILE gets one line a call, its fields between tabs: the call's name, the path (or "socket:[N]"), and what
 * is known of it: "mark" when the bytes written hold TEXT, the first bytes of what goes into a socket,
 * "create" for a new file, the second path of a rename or link. A call on a file is noted once it has
 * succeeded, one on a socket before it begins: so whatever stands before a send had been done when the first
 * byte left.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { kShownBytes = 40 };

static int trace_file = -1;
static const char *mark;

__attribute__((constructor)) static void Begin(void) {
  const char *path = getenv("SYSTEM_TRACE");
  mark = getenv("SYSTEM_TRACE_MARK");
  if (path != NULL) {
    trace_file = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  }
}

/* One write to a file opened with O_APPEND: whole lines, in order, from all threads. */
static void Note(const char *call, const char *path, const char *what) {
  char line[2 * 4096 + 128];
  if (trace_file < 0) return;
  const int length = snprintf(line, sizeof line, "%s\t%s\t%s\n", call, path, what);
  if (length > 0 && (size_t)length < sizeof line) {
    const long ignored = syscall(SYS_write, trace_file, line, (size_t)length);
    (void)ignored;
  }
}

static const char *PathOf(int fd, char *path, size_t size) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t length = readlink(link, path, size - 1);
  path[length < 0 ? 0 : length] = '\0';
  return path;
}

static void NoteFd(const char *call, int fd, const char *what) {
  char path[4096];
  Note(call, PathOf(fd, path, sizeof path), what);
}

static void NoteWrite(const char *call, int fd, const void *bytes, size_t size) {
  const int has_mark = mark != NULL && memmem(bytes, size, mark, strlen(mark)) != NULL;
  NoteFd(call, fd, has_mark ? "mark" : "");
}

static int IsSocket(int fd) {
  char path[4096];
  return strncmp(PathOf(fd, path, sizeof path), "socket:", 7) == 0;
}

static void NoteSend(int fd, const void *bytes, size_t size) {
  char text[kShownBytes + 1];
  const size_t shown = size < kShownBytes ? size : kShownBytes;
  for (size_t i = 0; i < shown; ++i) {
    const char c = ((const char *)bytes)[i];
    text[i] = c < ' ' || c > '~' ? ' ' : c;
  }
  text[shown] = '\0';
  NoteFd("send", fd, text);
}

/* real = the function that the program would have called. */
#define REAL(result, name, ...)                                                   \
  static result (*real)(__VA_ARGS__);                                             \
  if (real == NULL) real = (result(*)(__VA_ARGS__))(size_t)dlsym(RTLD_NEXT, #name)

#define DEFINE_OPEN(name)                                                         \
  int name(const char *path, int flags, ...) {                                    \
    REAL(int, name, const char *, int, ...);                                      \
    va_list rest;                                                                 \
    va_start(rest, flags);                                                        \
    const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;        \
    va_end(rest);                                                                 \
    const int fd = real(path, flags, mode);                                       \
    if (fd >= 0 && (flags & O_CREAT) != 0) Note("open", path, "create");          \
    return fd;                                                                    \
  }
DEFINE_OPEN(open)
DEFINE_OPEN(open64)

#define DEFINE_OPENAT(name)                                                       \
  int name(int directory, const char *path, int flags, ...) {                     \
    REAL(int, name, int, const char *, int, ...);                                 \
    va_list rest;                                                                 \
    va_start(rest, flags);                                                        \
    const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;        \
    va_end(rest);                                                                 \
    const int fd = real(directory, path, flags, mode);                            \
    if (fd >= 0 && (flags & O_CREAT) != 0) Note("open", path, "create");          \
    return fd;                                                                    \
  }
DEFINE_OPENAT(openat)
DEFINE_OPENAT(openat64)

#define DEFINE_PWRITE(name, offset_type)                                          \
  ssize_t name(int fd, const void *bytes, size_t size, offset_type offset) {      \
    REAL(ssize_t, name, int, const void *, size_t, offset_type);                  \
    const ssize_t written = real(fd, bytes, size, offset);                        \
    if (written > 0) NoteWrite("write", fd, bytes, (size_t)written);              \
    return written;                                                               \
  }
DEFINE_PWRITE(pwrite, off_t)
DEFINE_PWRITE(pwrite64, off64_t)

#define DEFINE_SYNC(name)                                                         \
  int name(int fd) {                                                              \
    REAL(int, name, int);                                                         \
    const int failed = real(fd);                                                  \
    if (!failed) NoteFd("sync", fd, #name);                                       \
    return failed;                                                                \
  }
DEFINE_SYNC(fsync)
DEFINE_SYNC(fdatasync)

ssize_t write(int fd, const void *bytes, size_t size) {
  REAL(ssize_t, write, int, const void *, size_t);
  if (IsSocket(fd)) {
    NoteSend(fd, bytes, size);
    return real(fd, bytes, size);
  }
  const ssize_t written = real(fd, bytes, size);
  if (written > 0) NoteWrite("write", fd, bytes, (size_t)written);
  return written;
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  REAL(ssize_t, writev, int, const struct iovec *, int);
  if (count > 0 && IsSocket(fd)) NoteSend(fd, parts[0].iov_base, parts[0].iov_len);
  return real(fd, parts, count);
}

ssize_t send(int fd, const void *bytes, size_t size, int flags) {
  REAL(ssize_t, send, int, const void *, size_t, int);
  NoteSend(fd, bytes, size);
  return real(fd, bytes, size, flags);
}

ssize_t sendto(int fd, const void *bytes, size_t size, int flags, const struct sockaddr *to, socklen_t length) {
  REAL(ssize_t, sendto, int, const void *, size_t, int, const struct sockaddr *, socklen_t);
  NoteSend(fd, bytes, size);
  return real(fd, bytes, size, flags, to, length);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
  REAL(ssize_t, sendmsg, int, const struct msghdr *, int);
  if (message->msg_iovlen > 0) NoteSend(fd, message->msg_iov[0].iov_base, message->msg_iov[0].iov_len);
  return real(fd, message, flags);
}

#define DEFINE_NAMING(name)                                                       \
  int name(const char *from, const char *to) {                                    \
    REAL(int, name, const char *, const char *);                                  \
    const int failed = real(from, to);                                            \
    if (!failed) Note(#name, from, to);                                           \
    return failed;                                                                \
  }
DEFINE_NAMING(rename)
DEFINE_NAMING(link)

int mkdir(const char *path, mode_t mode) {
  REAL(int, mkdir, const char *, mode_t);
  const int failed = real(path, mode);
  if (!failed) Note("mkdir", path, "");
  return failed;
}
