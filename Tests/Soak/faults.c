/* A preloaded library (LD_PRELOAD) that counts what a program does to the files below one folder, and at
 * one of these calls kills or fails it. The environment says where and how:
 *
 *   FAULTS_BELOW    the folder; nothing else is looked at
 *   FAULTS_STATE    a file of 64 zero bytes, which all processes of a run count in
 *   FAULTS_LIST     a file to which a line "role operation path" is written for each call
 *   FAULTS_AT       such a line: the call at which something happens
 *   FAULTS_NUMBER   which of these calls, counted from 1 over all processes
 *   FAULTS_DO       kill-before, kill-after, kill-half (of a write), fail, fail-on, or short, which writes
 *                   half, says so, and fails from then on as a disk does that got full; fail-on fails from
 *                   then on as well
 *   FAULTS_ERROR    the number of the error
 *   FAULTS_VICTIMS  self, or both: the program and its workers
 *   FAULTS_FIRED    a file that is made when it happens
 *
 * The role is the name of the program's file. In paths what differs between runs is replaced: keys, numbers
 * and the host's name. Only alphasweep, alphasweep-worker and alphasweep-bench (as a worker) are looked at, not
 * what else they start. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum action { none, kill_before, kill_after, kill_half, fail_once, fail_on, shorten };

struct state {
  atomic_long seen;
  atomic_int is_failing;
};

static struct state *state;
static const char *below, *role, *at, *fired;
static char host[256];
static int list = -1, error = ENOSPC, kills_both;
static long number = 1;
static enum action wanted;
static _Thread_local int is_inside;

/* --- Beginning --- */

static const char *text(const char *name) {
  const char *value = getenv(name);
  return value && *value ? value : NULL;
}

__attribute__((constructor)) static void begin(void) {
  static char program[4096];
  ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
  if (length <= 0) return;
  role = strrchr(program, '/') + 1;
  if (strcmp(role, "alphasweep") != 0 && strcmp(role, "alphasweep-worker") != 0 &&
      strcmp(role, "alphasweep-bench") != 0)
    return;
  role = role[10] ? "worker" : "program";
  const char *words[] = {"", "kill-before", "kill-after", "kill-half", "fail", "fail-on", "short"};
  const char *action = text("FAULTS_DO"), *path = text("FAULTS_STATE");
  for (int index = 1; action && index < 7; index++)
    if (!strcmp(action, words[index])) wanted = index;
  gethostname(host, sizeof host - 1);
  at = text("FAULTS_AT");
  fired = text("FAULTS_FIRED");
  if (text("FAULTS_NUMBER")) number = atol(text("FAULTS_NUMBER"));
  if (text("FAULTS_ERROR")) error = atoi(text("FAULTS_ERROR"));
  kills_both = text("FAULTS_VICTIMS") && !strcmp(text("FAULTS_VICTIMS"), "both");
  if (text("FAULTS_LIST"))
    list = syscall(SYS_openat, AT_FDCWD, text("FAULTS_LIST"),
                   O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  int file = path ? syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0) : -1;
  if (file < 0) return;
  void *shared = mmap(NULL, sizeof *state, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  syscall(SYS_close, file);
  if (shared == MAP_FAILED) return;
  state = shared;
  below = text("FAULTS_BELOW");
}

/* --- Names of calls --- */

static int is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }
static int is_digit(char c) { return c >= '0' && c <= '9'; }

/* Writes `path` with "KEY" for what is hexadecimal and long, "xx" for a folder of two such digits, "#" for
 * numbers, "HOST", and "FILE" for the names of a report's files. */
static void normalise(const char *path, char *out, size_t room) {
  size_t used = 0, host_length = strlen(host);
  int is_result = !strncmp(path, "/results/", 9);
  while (*path && used + 8 < room) {
    size_t length = 0;
    while (is_hex(path[length])) length++;
    int is_word = path[-1] == '/' && (path[length] == '/' || !path[length]);
    if (length >= 12) {
      used += sprintf(out + used, "KEY");
    } else if (length == 2 && is_word) {
      used += sprintf(out + used, "xx");
    } else if (host_length && !strncmp(path, host, host_length)) {
      used += sprintf(out + used, "HOST");
      length = host_length;
    } else if (is_result && *path >= 'a' && *path <= 'z' && path[-1] == '/' && !strchr(path, '/')) {
      used += sprintf(out + used, "FILE");
      for (length = 0; path[length] && path[length] != '.';) length++;
    } else if (is_digit(*path)) {
      for (length = 0; is_digit(path[length]);) length++;
      out[used++] = '#';
    } else {
      out[used++] = *path;
      length = 1;
    }
    path += length;
  }
  out[used] = 0;
}

/* Whether `path`, taken from the folder of `descriptor`, lies below the folder; `full` is then all of it. */
static int is_below(int descriptor, const char *path, char *full, size_t room) {
  char folder[4096] = "", link[64];
  if (path[0] != '/') {
    if (descriptor == AT_FDCWD) {
      if (syscall(SYS_getcwd, folder, sizeof folder) < 0) return 0;
    } else {
      snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
      ssize_t length = readlink(link, folder, sizeof folder - 1);
      if (length < 0) return 0;
      folder[length] = 0;
    }
    snprintf(full, room, path[0] ? "%s/%s" : "%s%s", folder, path);
  } else {
    snprintf(full, room, "%s", path);
  }
  size_t length = strlen(below);
  return !strncmp(full, below, length) && full[length] == '/';
}

/* --- What happens --- */

/* The program, where it is still there. */
static void kill_parent(void) {
  char path[64], program[4096];
  snprintf(path, sizeof path, "/proc/%d/exe", getppid());
  ssize_t length = readlink(path, program, sizeof program - 1);
  if (length <= 0) return;
  program[length] = 0;
  if (!strcmp(strrchr(program, '/'), "/alphasweep")) syscall(SYS_kill, getppid(), SIGKILL);
}

/* The workers: children of any of this process's threads. */
static void kill_children(void) {
  DIR *threads = opendir("/proc/self/task");
  for (struct dirent *thread; threads && (thread = readdir(threads));) {
    char path[300], children[4096] = "";
    snprintf(path, sizeof path, "/proc/self/task/%s/children", thread->d_name);
    int file = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY, 0);
    if (file < 0) continue;
    ssize_t length = syscall(SYS_read, file, children, sizeof children - 1);
    syscall(SYS_close, file);
    children[length > 0 ? length : 0] = 0;
    for (char *word = strtok(children, " "); word; word = strtok(NULL, " "))
      syscall(SYS_kill, atoi(word), SIGKILL);
  }
}

static void end(void) {
  if (kills_both) {
    if (!strcmp(role, "worker")) {
      kill_parent();
    } else {
      kill_children();
    }
  }
  syscall(SYS_kill, getpid(), SIGKILL);
  for (;;) syscall(SYS_pause);
}

/* What takes room on a disk; only that fails once a disk is full. */
static int takes_room(const char *operation) {
  return !strcmp(operation, "write") || !strcmp(operation, "create") ||
         !strcmp(operation, "folder") || (!strcmp(operation, "sync") && error == EIO);
}

/* Looks at a call before it is made. */
static enum action look(const char *operation, int descriptor, const char *path, const char *to) {
  if (!below || !path || is_inside) return none;
  int saved = errno;
  enum action action = none;
  char full[8192], other[8192], line[8192], name[4096];
  is_inside = 1;
  if (!is_below(descriptor, path, full, sizeof full) &&
      !(to && is_below(AT_FDCWD, to, full, sizeof full)))
    goto out;
  normalise(full + strlen(below), name, sizeof name);
  int length = snprintf(line, sizeof line, "%s %s %s", role, operation, name + 1);
  if (to && is_below(AT_FDCWD, to, other, sizeof other)) {
    normalise(other + strlen(below), name, sizeof name);
    length += snprintf(line + length, sizeof line - length, " > %s", name + 1);
  }
  if (atomic_load(&state->is_failing) && takes_room(operation)) {
    action = fail_once;
  } else if (at && !strcmp(line, at) && atomic_fetch_add(&state->seen, 1) + 1 == number) {
    action = wanted;
    if (fired) syscall(SYS_close, syscall(SYS_openat, AT_FDCWD, fired, O_WRONLY | O_CREAT, 0600));
    if (action == fail_on || action == shorten) atomic_store(&state->is_failing, 1);
    if (action == fail_on) action = fail_once;
    if (action == kill_before) end();
  }
  if (list >= 0) {
    line[length++] = '\n';
    syscall(SYS_write, list, line, length);
  }
out:
  is_inside = 0;
  errno = saved;
  return action;
}

/* --- The calls --- */

#define REAL(type, name, ...) \
  static type (*real)(__VA_ARGS__); \
  if (!real) real = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)

/* Makes a call of which nothing is ever half done. */
#define CALL(operation, descriptor, path, to, made) \
  enum action action = look(operation, descriptor, path, to); \
  if (action == fail_once) { \
    errno = error; \
    return -1; \
  } \
  int result = made; \
  if (action == kill_after || action == kill_half) end(); \
  return result

/* Makes a write of `count` bytes. */
#define WRITE(descriptor, made_of) \
  enum action action = look("write", descriptor, "", NULL); \
  if (action == fail_once) { \
    errno = error; \
    return -1; \
  } \
  size_t bytes = action == kill_half || action == shorten ? (count + 1) / 2 : count; \
  ssize_t result = made_of; \
  if (action == kill_after || action == kill_half) end(); \
  return result

ssize_t write(int descriptor, const void *from, size_t count) {
  REAL(ssize_t, write, int, const void *, size_t);
  WRITE(descriptor, real(descriptor, from, bytes));
}
ssize_t pwrite(int descriptor, const void *from, size_t count, off_t place) {
  REAL(ssize_t, pwrite, int, const void *, size_t, off_t);
  WRITE(descriptor, real(descriptor, from, bytes, place));
}
ssize_t pwrite64(int descriptor, const void *from, size_t count, off64_t place) {
  REAL(ssize_t, pwrite64, int, const void *, size_t, off64_t);
  WRITE(descriptor, real(descriptor, from, bytes, place));
}
ssize_t writev(int descriptor, const struct iovec *parts, int given) {
  REAL(ssize_t, writev, int, const struct iovec *, int);
  size_t count = given;
  /* A single part is halved; of many, half are written. */
  if (given == 1) {
    count = parts[0].iov_len;
    WRITE(descriptor, write(descriptor, parts[0].iov_base, bytes));
  }
  WRITE(descriptor, real(descriptor, parts, (int)bytes));
}
int fsync(int descriptor) {
  REAL(int, fsync, int);
  CALL("sync", descriptor, "", NULL, real(descriptor));
}
int syncfs(int descriptor) {
  REAL(int, syncfs, int);
  CALL("sync", descriptor, "", NULL, real(descriptor));
}
int fdatasync(int descriptor) {
  REAL(int, fdatasync, int);
  CALL("sync", descriptor, "", NULL, real(descriptor));
}
int ftruncate(int descriptor, off_t size) {
  REAL(int, ftruncate, int, off_t);
  CALL("truncate", descriptor, "", NULL, real(descriptor, size));
}
int ftruncate64(int descriptor, off64_t size) {
  REAL(int, ftruncate64, int, off64_t);
  CALL("truncate", descriptor, "", NULL, real(descriptor, size));
}
int rename(const char *from, const char *to) {
  REAL(int, rename, const char *, const char *);
  CALL("rename", AT_FDCWD, from, to, real(from, to));
}
int renameat(int old, const char *from, int new, const char *to) {
  REAL(int, renameat, int, const char *, int, const char *);
  CALL("rename", old, from, to, real(old, from, new, to));
}
int renameat2(int old, const char *from, int new, const char *to, unsigned flags) {
  REAL(int, renameat2, int, const char *, int, const char *, unsigned);
  CALL("rename", old, from, to, real(old, from, new, to, flags));
}
int link(const char *from, const char *to) {
  REAL(int, link, const char *, const char *);
  CALL("link", AT_FDCWD, from, to, real(from, to));
}
int symlink(const char *from, const char *to) {
  REAL(int, symlink, const char *, const char *);
  CALL("link", AT_FDCWD, to, NULL, real(from, to));
}
int unlink(const char *path) {
  REAL(int, unlink, const char *);
  CALL("remove", AT_FDCWD, path, NULL, real(path));
}
int unlinkat(int folder, const char *path, int flags) {
  REAL(int, unlinkat, int, const char *, int);
  CALL("remove", folder, path, NULL, real(folder, path, flags));
}
int rmdir(const char *path) {
  REAL(int, rmdir, const char *);
  CALL("remove", AT_FDCWD, path, NULL, real(path));
}
int mkdir(const char *path, mode_t mode) {
  REAL(int, mkdir, const char *, mode_t);
  CALL("folder", AT_FDCWD, path, NULL, real(path, mode));
}

static mode_t mode_of(int flags, va_list rest) {
  return flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, mode_t) : 0;
}
#define OPEN(name, folder, made) \
  va_list rest; \
  va_start(rest, flags); \
  mode_t mode = mode_of(flags, rest); \
  va_end(rest); \
  if (!(flags & O_CREAT)) return made; \
  CALL("create", folder, path, NULL, made)

int open(const char *path, int flags, ...) {
  REAL(int, open, const char *, int, ...);
  OPEN(open, AT_FDCWD, real(path, flags, mode));
}
int open64(const char *path, int flags, ...) {
  REAL(int, open64, const char *, int, ...);
  OPEN(open64, AT_FDCWD, real(path, flags, mode));
}
int openat(int folder, const char *path, int flags, ...) {
  REAL(int, openat, int, const char *, int, ...);
  OPEN(openat, folder, real(folder, path, flags, mode));
}
int openat64(int folder, const char *path, int flags, ...) {
  REAL(int, openat64, int, const char *, int, ...);
  OPEN(openat64, folder, real(folder, path, flags, mode));
}
