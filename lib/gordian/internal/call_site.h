// Where an operation was called.
//
// Methods in Gordian's names take a std::source_location default. The standard's names
// (lock(), unlock(), …) cannot, and are called from inside std::scoped_lock; they
// give their frame, and the trace gets the stack above it.
//
// Cost      a cached look-up for a location; four frame pointers and a hash for a frame. The
//           frame chain is followed only within the task's own stack.
#ifndef GORDIAN_LIB_INTERNAL_CALL_SITE_H_
#define GORDIAN_LIB_INTERNAL_CALL_SITE_H_

#include <atomic>
#include <source_location>

#include "instrument/recorder/recorder.h"

namespace gordian::internal {

class CallSite {
 public:
  CallSite(const std::source_location& at) : at_(at) {}  // NOLINT: implicit
  // `frame` is __builtin_frame_address(0) of the method that was called.
  static CallSite Above(const void* frame) {
    CallSite site{std::source_location()};
    site.frame_ = frame;
    return site;
  }

  // Line 0 where a frame was given.
  const std::source_location& location() const { return at_; }

  trace::SiteId In(recorder::ThreadLog& log) const {
    if (frame_ == nullptr && locations_only_.load(std::memory_order_relaxed)) [[likely]]
      return log.Site(at_);
    return InSlow(log);
  }

 private:
  // Set once it is known that the option `stacks` is off.
  static std::atomic<bool> locations_only_;
  trace::SiteId InSlow(recorder::ThreadLog& log) const;

  std::source_location at_;
  const void* frame_ = nullptr;
};

}  // namespace gordian::internal

#endif  // GORDIAN_LIB_INTERNAL_CALL_SITE_H_
