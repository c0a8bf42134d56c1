// A descriptor that is closed at the end of its scope.
#ifndef GORDIAN_INSTRUMENT_RECORDER_SCOPED_FD_H_
#define GORDIAN_INSTRUMENT_RECORDER_SCOPED_FD_H_

#include <unistd.h>

#include <utility>

namespace gordian::recorder {

class ScopedFd {
 public:
  explicit ScopedFd(int fd) : fd_(fd) {}
  ScopedFd(const ScopedFd&) = delete;
  ScopedFd& operator=(const ScopedFd&) = delete;
  ~ScopedFd() {
    if (fd_ >= 0) close(fd_);
  }

  int get() const { return fd_; }
  bool ok() const { return fd_ >= 0; }
  // Somebody else closes it.
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

}  // namespace gordian::recorder

#endif  // GORDIAN_INSTRUMENT_RECORDER_SCOPED_FD_H_
