#include <cerrno>

#include <fcntl.h>

#include "include/Libmerge.h"

extern "C" {

int lm_reserve(int descriptor, int64_t bytes) noexcept {
#if defined(__linux__)
  int result;
  do {
    result = fallocate(descriptor, 0, 0, bytes);
  } while (result != 0 && errno == EINTR);
  return result == 0 || errno == EOPNOTSUPP || errno == ENOSYS ? 0 : errno;
#else
  return 0;
#endif
}

void lm_begin_flush(int descriptor) noexcept {
#if defined(__linux__)
  sync_file_range(descriptor, 0, 0, SYNC_FILE_RANGE_WRITE);
#endif
}

}  // extern "C"
