/* A preloaded library (LD_PRELOAD) whose wall clock jumps: every CLOCK_EVERY readings (100 if not said) it is
 * set CLOCK_AHEAD seconds ahead of the true time, then as much behind, in turn. Clocks that only run
 * (CLOCK_MONOTONIC) stay as they are, as they do when somebody sets a machine's clock. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static atomic_long readings;

static long jump(void) {
  const char *ahead = getenv("CLOCK_AHEAD"), *every = getenv("CLOCK_EVERY");
  long seconds = ahead ? atol(ahead) : 7200, turn = every ? atol(every) : 100;
  return atomic_fetch_add(&readings, 1) / turn % 2 ? seconds : -seconds;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
  static int (*real)(clockid_t, struct timespec *);
  if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
  int result = real(clock, time);
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
    time->tv_sec += jump();
  return result;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
  static int (*real)(struct timeval *, void *);
  if (!real) real = (int (*)(struct timeval *, void *))dlsym(RTLD_NEXT, "gettimeofday");
  int result = real(time, zone);
  if (result == 0) time->tv_sec += jump();
  return result;
}

time_t time(time_t *place) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (place) *place = now.tv_sec;
  return now.tv_sec;
}
