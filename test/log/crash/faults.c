/*
 * Faults beneath SQLite, for a process that is started with this library as LD_PRELOAD. It watches what is written to
 * the files of a log (*.db, *.db-wal, *.db-journal), and lets something happen at one of these operations.
 *
 *   SIGNALBOX_FAULT=KIND:AT:SPAN:SEED
 *     write   from the AT-th write on, SPAN writes fail with EIO
 *     short   the AT-th write is done by half, the next SPAN fail with ENOSPC
 *     sync    from the AT-th fsync on, SPAN of them fail with EIO and sync nothing
 *     power   at the AT-th write or fsync the power fails: of all that was written and not yet synced, any part is lost,
 *             as SEED chooses, and the process dies
 *   SIGNALBOX_FAULT_SEEN=FILE is made when it happens.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A write or a truncation (then `after` is NULL) that no fsync has followed yet. */
struct change {
  char path[4096];
  dev_t device;
  ino_t inode;
  off_t offset;
  size_t length;
  char *after;
  off_t size_before;
  size_t before_length;
  char *before;
};

static struct {
  char kind[16];
  long at, span;
  unsigned seed;
} fault;
static long done;
static struct change *changes;
static size_t count, capacity;
static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;

static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_fsync)(int), (*real_fdatasync)(int), (*real_ftruncate)(int, off_t);

__attribute__((constructor)) static void begin(void) {
  const char *text = getenv("SIGNALBOX_FAULT");
  real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
  real_fsync = dlsym(RTLD_NEXT, "fsync");
  real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
  real_ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
  if (!text || sscanf(text, "%15[a-z]:%ld:%ld:%u", fault.kind, &fault.at, &fault.span, &fault.seed) != 4) {
    fault.kind[0] = 0;
  }
}

static int is(const char *kind) { return strcmp(fault.kind, kind) == 0; }

static int ends(const char *text, const char *end) {
  size_t length = strlen(text), of = strlen(end);
  return length >= of && strcmp(text + length - of, end) == 0;
}

/* Whether the file is watched; its path, if it is. */
static int watched(int fd, char path[4096]) {
  char link[64];
  ssize_t length;
  if (fault.kind[0] == 0) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  length = readlink(link, path, 4095);
  if (length < 0) return 0;
  path[length] = 0;
  return ends(path, ".db") || ends(path, ".db-wal") || ends(path, ".db-journal");
}

static void seen(void) {
  const char *file = getenv("SIGNALBOX_FAULT_SEEN");
  if (file) close(open(file, O_CREAT | O_WRONLY, 0644));
}

/* Counts an operation; whether the fault befalls it. */
static int befalls(void) {
  done++;
  if (done < fault.at || done >= fault.at + fault.span) return 0;
  seen();
  return 1;
}

static void note(int fd, const char *path, const void *bytes, size_t length, off_t offset) {
  struct stat stats;
  struct change *one;
  if (!is("power") || fstat(fd, &stats) != 0) return;
  if (count == capacity) {
    capacity = capacity ? 2 * capacity : 64;
    changes = realloc(changes, capacity * sizeof *changes);
  }
  one = &changes[count++];
  strcpy(one->path, path);
  one->device = stats.st_dev;
  one->inode = stats.st_ino;
  one->offset = offset;
  one->length = length;
  one->size_before = stats.st_size;
  one->before_length = stats.st_size > offset ? (size_t)(stats.st_size - offset) : 0;
  if (bytes && one->before_length > length) one->before_length = length;
  one->before = malloc(one->before_length + 1);
  if (pread(fd, one->before, one->before_length, offset) != (ssize_t)one->before_length) abort();
  one->after = bytes ? malloc(length + 1) : NULL;
  if (bytes) memcpy(one->after, bytes, length);
}

/* What was written to this file is on the disk. */
static void synced(int fd) {
  struct stat stats;
  size_t kept = 0;
  if (fstat(fd, &stats) != 0) return;
  for (size_t i = 0; i < count; i++) {
    if (changes[i].device == stats.st_dev && changes[i].inode == stats.st_ino) {
      free(changes[i].before);
      free(changes[i].after);
    } else {
      changes[kept++] = changes[i];
    }
  }
  count = kept;
}

/* The file of a change, if it is still there. */
static int reopen(const struct change *one) {
  struct stat stats;
  int fd = open(one->path, O_RDWR);
  if (fd < 0) return -1;
  if (fstat(fd, &stats) == 0 && stats.st_ino == one->inode && stats.st_dev == one->device) return fd;
  close(fd);
  return -1;
}

static void power_fails(void) {
  /* Of all that was not synced: how many of eight are kept, and whether one that is kept may be torn. */
  unsigned kept = (unsigned)rand_r(&fault.seed) % 9, torn = rand_r(&fault.seed) % 2;
  seen();
  for (size_t i = count; i-- > 0;) {
    int fd = reopen(&changes[i]);
    if (fd < 0) continue;
    if (real_pwrite(fd, changes[i].before, changes[i].before_length, changes[i].offset) < 0) abort();
    if (real_ftruncate(fd, changes[i].size_before) != 0) abort();
    close(fd);
  }
  for (size_t i = 0; i < count; i++) {
    size_t length = changes[i].length;
    int fd = reopen(&changes[i]);
    if (fd < 0) continue;
    if ((unsigned)rand_r(&fault.seed) % 8 < kept) {
      if (!changes[i].after) {
        if (real_ftruncate(fd, changes[i].offset) != 0) abort();
      } else {
        if (torn && length > 512 && rand_r(&fault.seed) % 4 == 0) length = rand_r(&fault.seed) % length & ~511UL;
        if (real_pwrite(fd, changes[i].after, length, changes[i].offset) < 0) abort();
      }
    }
    close(fd);
  }
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t offset) {
  char path[4096];
  ssize_t written;
  if (!watched(fd, path)) return real_pwrite(fd, bytes, length, offset);
  pthread_mutex_lock(&guard);
  if (is("power") && befalls()) power_fails();
  if (is("write") && befalls()) {
    written = -1;
    errno = EIO;
  } else if (is("short") && befalls()) {
    written = done == fault.at ? real_pwrite(fd, bytes, length / 2, offset) : -1;
    if (done > fault.at) errno = ENOSPC;
  } else {
    note(fd, path, bytes, length, offset);
    written = real_pwrite(fd, bytes, length, offset);
  }
  pthread_mutex_unlock(&guard);
  return written;
}

static int sync_file(int fd, int (*real)(int)) {
  char path[4096];
  int result;
  if (!watched(fd, path)) return real(fd);
  pthread_mutex_lock(&guard);
  if (is("power") && befalls()) power_fails();
  if (is("sync") && befalls()) {
    result = -1;
    errno = EIO;
  } else {
    result = real(fd);
    if (result == 0) synced(fd);
  }
  pthread_mutex_unlock(&guard);
  return result;
}

int fsync(int fd) { return sync_file(fd, real_fsync); }

int fdatasync(int fd) { return sync_file(fd, real_fdatasync); }

int ftruncate64(int fd, off_t size) {
  char path[4096];
  int result;
  if (!watched(fd, path)) return real_ftruncate(fd, size);
  pthread_mutex_lock(&guard);
  note(fd, path, NULL, 0, size);
  result = real_ftruncate(fd, size);
  pthread_mutex_unlock(&guard);
  return result;
}
