/* A preloaded library (LD_PRELOAD) in which the file STALE_NAME is out of reach for a worker, once: the first call of
 * alphasweep-worker that opens one for reading fails with ESTALE, as on a file server that was started anew. The file
 * STALE_ONCE, which must not be there, then tells that it did. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int is_stale(const char *path, int flags) {
  const char *name = getenv("STALE_NAME"), *once = getenv("STALE_ONCE"), *last = strrchr(path, '/');
  if (!name || !once || (flags & O_CREAT) || strcmp(program_invocation_short_name, "alphasweep-worker"))
    return 0;
  if (strcmp(last ? last + 1 : path, name)) return 0;
  int marker = syscall(SYS_openat, AT_FDCWD, once, O_WRONLY | O_CREAT | O_EXCL, 0666);
  if (marker < 0) return 0;
  syscall(SYS_close, marker);
  errno = ESTALE;
  return 1;
}

#define OPEN(made) \
  va_list rest; \
  va_start(rest, flags); \
  mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
  va_end(rest); \
  return is_stale(path, flags) ? -1 : made
#define REAL(name, ...) \
  static int (*real)(__VA_ARGS__, ...); \
  if (!real) real = (int (*)(__VA_ARGS__, ...))dlsym(RTLD_NEXT, #name)

int open(const char *path, int flags, ...) {
  REAL(open, const char *, int);
  OPEN(real(path, flags, mode));
}
int open64(const char *path, int flags, ...) {
  REAL(open64, const char *, int);
  OPEN(real(path, flags, mode));
}
int openat(int folder, const char *path, int flags, ...) {
  REAL(openat, int, const char *, int);
  OPEN(real(folder, path, flags, mode));
}
int openat64(int folder, const char *path, int flags, ...) {
  REAL(openat64, int, const char *, int);
  OPEN(real(folder, path, flags, mode));
}
