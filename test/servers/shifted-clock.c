/*
 * Loaded into a server with LD_PRELOAD: its wall clock is the real one plus an offset that is read, at
 * each call, from a file mapped into memory. CLOCK_MONOTONIC stays as it is.
 *
 * The file holds three numbers of 64 bits: which of the two that follow counts, and two offsets in
 * milliseconds. One is written while the other is read, so no reader sees half of one.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define NS 1000000000LL

static volatile int64_t *file;

__attribute__((constructor)) static void map_file(void) {
  const char *path = getenv("SHIFTED_CLOCK_FILE");
  int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (fd < 0) return;
  void *mapped = mmap(NULL, 24, PROT_READ, MAP_SHARED, fd, 0);
  if (mapped != MAP_FAILED) file = mapped;
  close(fd);
}

static int64_t offset_ms(void) { return file ? file[1 + (file[0] & 1)] : 0; }

static void add_ms(struct timespec *at, int64_t ms) {
  int64_t ns = at->tv_nsec + ms % 1000 * 1000000;
  at->tv_sec += ms / 1000 + (ns >= NS) - (ns < 0);
  at->tv_nsec = ns + (ns < 0 ? NS : 0) - (ns >= NS ? NS : 0);
}

typedef int clock_gettime_t(clockid_t, struct timespec *);

static int real_time(clockid_t clock, struct timespec *at) {
  static clock_gettime_t *real;
  if (!real) real = (clock_gettime_t *)dlsym(RTLD_NEXT, "clock_gettime");
  return real ? real(clock, at) : (int)syscall(SYS_clock_gettime, clock, at);
}

int clock_gettime(clockid_t clock, struct timespec *at) {
  int failed = real_time(clock, at);
  if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) add_ms(at, offset_ms());
  return failed;
}

int gettimeofday(struct timeval *restrict at, void *restrict zone) {
  struct timespec now;
  (void)zone;
  clock_gettime(CLOCK_REALTIME, &now);
  at->tv_sec = now.tv_sec;
  at->tv_usec = now.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *at) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (at) *at = now.tv_sec;
  return now.tv_sec;
}

/*
 * Who waits until a time of the shifted clock must not be held to the real one: the kernel knows nothing
 * of the offset. A time below 30 years is one of CLOCK_MONOTONIC, and one beyond 3000 is for ever.
 */
static const struct timespec *real_deadline(const struct timespec *at, struct timespec *real) {
  if (at->tv_sec < 946684800 || at->tv_sec > 32503680000) return at;
  *real = *at;
  add_ms(real, -offset_ms());
  return real;
}

typedef int timedwait_t(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);

int pthread_cond_timedwait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex,
                           const struct timespec *restrict at) {
  static timedwait_t *real;
  struct timespec deadline;
  /* glibc still has the one of before 2003 under the same name */
  if (!real) real = (timedwait_t *)dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2");
  if (!real) real = (timedwait_t *)dlsym(RTLD_NEXT, "pthread_cond_timedwait");
  return real(condition, mutex, real_deadline(at, &deadline));
}

typedef int sem_timedwait_t(sem_t *, const struct timespec *);

int sem_timedwait(sem_t *restrict semaphore, const struct timespec *restrict at) {
  static sem_timedwait_t *real;
  struct timespec deadline;
  if (!real) real = (sem_timedwait_t *)dlsym(RTLD_NEXT, "sem_timedwait");
  return real(semaphore, real_deadline(at, &deadline));
}
