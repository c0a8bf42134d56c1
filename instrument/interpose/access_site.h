// Where the program accesses memory: the stack above a hook that instrumented code calls.
//
// Instrumented code keeps frame pointers, so the return addresses above the hook are a short chain
// of loads. Code between that does not keep them may cut the chain or leave a frame out: so the
// chain is only what a stack is *looked up* by. The stack itself comes from the unwinder, the first
// time that its chain is seen by the thread.
//
// Cost      eight dependent loads and the comparison of a table's entry.
#ifndef GORDIAN_INSTRUMENT_INTERPOSE_ACCESS_SITE_H_
#define GORDIAN_INSTRUMENT_INTERPOSE_ACCESS_SITE_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "instrument/interpose/call_site.h"
#include "instrument/interpose/thread.h"

namespace gordian::interpose {

class AccessSites {
 public:
  trace::SiteId SiteOf(recorder::ThreadLog& log, Caller caller, std::uintptr_t stack_end);

  // Sites of another recording mean nothing.
  void Forget() { entries_ = {}; }

 private:
  static constexpr std::size_t kFrames = 8;
  static constexpr unsigned kEntryBits = 9;
  using Chain = std::array<std::uintptr_t, kFrames>;
  struct Entry {
    Chain chain{};
    trace::SiteId site = 0;
  };

  static trace::SiteId Unwind(recorder::ThreadLog& log, Caller caller);

  std::array<Entry, std::size_t{1} << kEntryBits> entries_{};
};

trace::SiteId AccessSiteOf(const Recording& recording, Caller caller);

}  // namespace gordian::interpose

#endif  // GORDIAN_INSTRUMENT_INTERPOSE_ACCESS_SITE_H_
