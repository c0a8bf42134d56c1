// Things done once, written to the trace; shared by whatever does things once.
#ifndef GORDIAN_INSTRUMENT_INTERPOSE_ONCE_H_
#define GORDIAN_INSTRUMENT_INTERPOSE_ONCE_H_

#include "instrument/interpose/call_site.h"
#include "instrument/trace/event.h"

namespace gordian::interpose {

// The caller is about to do it, or, where it is in progress, to wait for whoever does.
trace::SiteId OnceAsked(Caller caller, const void* control, bool in_progress);

// The caller found it done.
void OnceSeen(Caller caller, const void* control);

// While the function runs; without Succeed() it has not been run.
class OnceRun {
 public:
  OnceRun(const void* control, trace::SiteId site);
  OnceRun(const OnceRun&) = delete;
  OnceRun& operator=(const OnceRun&) = delete;
  ~OnceRun();
  void Succeed();

 private:
  const void* const control_;
  const trace::SiteId site_;
  bool begun_ = false;
};

}  // namespace gordian::interpose

#endif  // GORDIAN_INSTRUMENT_INTERPOSE_ONCE_H_
