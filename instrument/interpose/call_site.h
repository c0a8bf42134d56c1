// Where the program called: the stack above a hook, as a site of the trace.
//
// The library's wrappers (std::lock_guard, std::mutex::lock, …) stand between the program's line
// and the hook unless they were inlined, so one return address would not do: the innermost eight
// are taken. Unwinding costs microseconds, so each thread remembers what it has found: for a return
// address and a stack pointer, where the return addresses above lie and what they were. As long as
// they still are what they were, the stack is the same.
//
// Cost      a hit is one comparison per frame.
// Limits    frames behind code without unwind information are missing.
#ifndef GORDIAN_INSTRUMENT_INTERPOSE_CALL_SITE_H_
#define GORDIAN_INSTRUMENT_INTERPOSE_CALL_SITE_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "instrument/recorder/recorder.h"

namespace gordian::interpose {

// A hook's own frame: the place above it is the program's.
class Caller {
 public:
  explicit Caller(void* frame_address) : frame_(reinterpret_cast<std::uintptr_t>(frame_address)) {}

  std::uintptr_t frame() const { return frame_; }
  std::uintptr_t return_address() const {
    return reinterpret_cast<const std::uintptr_t*>(frame_)[1];
  }

 private:
  std::uintptr_t frame_;
};

// In a hook that the program calls; hooks are compiled with frame pointers.
#define GORDIAN_CALLER() ::gordian::interpose::Caller(__builtin_frame_address(0))

class SiteCache {
 public:
  // The site above the hook whose frame it is.
  trace::SiteId SiteOf(recorder::ThreadLog& log, Caller caller);

  // Sites of another recording mean nothing.
  void Forget() { sets_ = {}; }

 private:
  static constexpr std::size_t kFrames = 8;
  static constexpr std::size_t kSets = 16;
  static constexpr std::size_t kWays = 4;

  struct Entry {
    std::uintptr_t frame = 0;
    trace::SiteId site = 0;
    std::uint32_t count = 0;
    std::array<std::uint32_t, kFrames> offsets{};   // from `frame`: where a return address lies
    std::array<std::uintptr_t, kFrames> returns{};  // what it was

    bool Holds(Caller caller) const;
  };
  struct Set {
    std::array<Entry, kWays> ways{};
    std::uint32_t next = 0;  // to be replaced
  };

  trace::SiteId Unwind(recorder::ThreadLog& log, Caller caller, Set& set);

  std::array<Set, kSets> sets_{};
};

class Recording;

// The site above the hook, in the recording thread's cache.
trace::SiteId SiteOf(const Recording& recording, Caller caller);

}  // namespace gordian::interpose

#endif  // GORDIAN_INSTRUMENT_INTERPOSE_CALL_SITE_H_
