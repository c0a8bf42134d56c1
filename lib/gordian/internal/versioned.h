// How an atomic cell is recorded: value and version change, and are read, as one.
//
// While nothing is recorded the owner's std::atomic is used alone. While recording, every
// operation runs inside `lock_` together with its event, so that a load names exactly the
// store that it has seen.
#ifndef GORDIAN_LIB_INTERNAL_VERSIONED_H_
#define GORDIAN_LIB_INTERNAL_VERSIONED_H_

#include <atomic>
#include <source_location>
#include <string_view>

#include "gordian/internal/call_site.h"
#include "gordian/internal/origin.h"
#include "gordian/internal/record.h"
#include "gordian/internal/task.h"

namespace gordian::internal {

class Versioned {
 public:
  constexpr explicit Versioned(const std::source_location& made_at) : origin_(made_at) {}
  constexpr Versioned(std::string_view name, const std::source_location& made_at)
      : origin_(name, made_at) {}
  ~Versioned() { origin_.End(); }

  void SetName(std::string_view name) { origin_.SetName(name); }

  // Runs `step` with its event: a load.
  template <typename Step>
  auto Load(CallSite where, Step step) {
    return Run(where, step, [this](recorder::ThreadLog& log, trace::SiteId site, const auto&) {
      RecordLoad(log, site);
    });
  }
  // A store, or a read-modify-write.
  template <typename Step>
  auto Change(trace::EventType type, CallSite where, Step step) {
    return Run(where, step,
               [this, type](recorder::ThreadLog& log, trace::SiteId site, const auto&) {
                 RecordChange(log, type, site);
               });
  }
  // A compare-and-swap: `step` says whether it swapped.
  template <typename Step>
  bool Swap(CallSite where, Step step) {
    return Run(where, step, [this](recorder::ThreadLog& log, trace::SiteId site, bool swapped) {
      swapped ? RecordChange(log, trace::EventType::kAtomicRmw, site) : RecordCasFail(log, site);
    });
  }

 private:
  template <typename Step, typename Record>
  auto Run(CallSite where, Step& step, Record record) {
    recorder::ThreadLog* log = Recording();
    if (log == nullptr) return step();
    const trace::SiteId site = where.In(*log);
    origin_.In(*log, trace::ObjectKind::kAtomic);
    lock_.Lock();
    auto result = step();
    record(*log, site, result);
    lock_.Unlock();
    return result;
  }
  void RecordLoad(recorder::ThreadLog& log, trace::SiteId site);
  void RecordChange(recorder::ThreadLog& log, trace::EventType type, trace::SiteId site);
  void RecordCasFail(recorder::ThreadLog& log, trace::SiteId site);

  SpinLock lock_;
  Origin origin_;
};

}  // namespace gordian::internal

#endif  // GORDIAN_LIB_INTERNAL_VERSIONED_H_
