#include "instrument/interpose/settle.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <string>

namespace gordian::interpose {
namespace {

// A thread that is gone meanwhile is as good as one that sleeps.
bool SleepsUntilWoken(const char* thread) {
  const std::string path = std::string("/proc/self/task/") + thread + "/syscall";
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return access(path.c_str(), F_OK) != 0;
  char text[256] = {};
  const ssize_t length = read(file, text, sizeof text - 1);
  close(file);
  long number = 0;
  unsigned long address = 0, operation = 0, value = 0, timeout = 0;
  const bool is_call = length > 0 && std::sscanf(text, "%ld %lx %lx %lx %lx", &number, &address,
                                                 &operation, &value, &timeout) == 5;
  if (!is_call || number != SYS_futex || timeout != 0) return false;
  const unsigned long command = operation & FUTEX_CMD_MASK;
  return command == FUTEX_WAIT || command == FUTEX_WAIT_BITSET || command == FUTEX_LOCK_PI;
}

}  // namespace

bool IsSettled() {
  DIR* threads = opendir("/proc/self/task");
  if (threads == nullptr) return false;
  bool settled = true;
  while (const dirent* entry = readdir(threads)) {
    const pid_t thread = std::atoi(entry->d_name);
    if (thread <= 0 || thread == gettid()) continue;
    settled = SleepsUntilWoken(entry->d_name);
    if (!settled) break;
  }
  closedir(threads);
  return settled;
}

}  // namespace gordian::interpose
