#include "instrument/interpose/mappings.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "instrument/interpose/spin.h"

namespace gordian::interpose {
namespace {

constinit SpinLock g_lock;
constinit Mapping g_last;

// "7f00-7f80 rw-p …". An empty mapping where it is none.
Mapping Parse(std::string_view line) {
  const char* const last = line.data() + line.size();
  Mapping mapping;
  const auto begin = std::from_chars(line.data(), last, mapping.begin, 16);
  if (begin.ptr == last || *begin.ptr != '-') return {};
  const auto end = std::from_chars(begin.ptr + 1, last, mapping.end, 16);
  if (last - end.ptr < 5) return {};
  mapping.is_private = end.ptr[4] == 'p';
  return mapping;
}

// Reads the list piece by piece: it may be long, and a hook has little stack. By system calls
// as such: those of the C library are points where a thread may be cancelled.
class MappingList {
 public:
  MappingList() : file_(syscall(SYS_openat, AT_FDCWD, "/proc/self/maps", O_RDONLY | O_CLOEXEC)) {}
  MappingList(const MappingList&) = delete;
  MappingList& operator=(const MappingList&) = delete;
  ~MappingList() {
    if (file_ >= 0) syscall(SYS_close, file_);
  }

  Mapping Find(std::uintptr_t address) {
    while (Fill()) {
      for (const char* end; (end = EndOfLine()) != nullptr;) {
        const Mapping mapping = Parse({text_.data() + at_, end});
        at_ = static_cast<std::size_t>(end - text_.data()) + 1;
        if (mapping.Has(address)) return mapping;
      }
    }
    return {};
  }

 private:
  const char* EndOfLine() const {
    return static_cast<const char*>(std::memchr(text_.data() + at_, '\n', size_ - at_));
  }

  // Keeps the line that was cut.
  bool Fill() {
    if (file_ < 0) return false;
    std::memmove(text_.data(), text_.data() + at_, size_ - at_);
    size_ -= at_;
    at_ = 0;
    const long got = syscall(SYS_read, file_, text_.data() + size_, text_.size() - size_);
    if (got <= 0) return false;
    size_ += static_cast<std::size_t>(got);
    return true;
  }

  const long file_;
  std::array<char, 4096> text_;  // longer than a line: its path has a limit below this
  std::size_t at_ = 0, size_ = 0;
};

}  // namespace

Mapping MappingAt(std::uintptr_t address) { return MappingList().Find(address); }

bool IsPrivateMemory(const void* address) {
  const auto wanted = reinterpret_cast<std::uintptr_t>(address);
  {
    SpinGuard guard(g_lock);
    if (g_last.Has(wanted)) return g_last.is_private;
  }
  const Mapping found = MappingAt(wanted);
  SpinGuard guard(g_lock);
  g_last = found;
  return found.is_private;
}

}  // namespace gordian::interpose
