#include "gordian/internal/versioned.h"

#include <array>
#include <cstddef>
#include <cstdint>

#include "instrument/recorder/options.h"

namespace gordian::internal {

using trace::EventType;

namespace {

constexpr auto kSeqCst = static_cast<std::uint64_t>(std::memory_order_seq_cst);

// A task that looks at one version again and again. After more looks than a livelock takes they say
// nothing new: a few are enough to tell that it goes on.
struct Poll {
  trace::TaskId task = 0;
  trace::ObjectId object = 0;
  trace::Version version = 0;
  std::uint64_t looks = 0;
};
constexpr std::uint64_t kAllLooks = 20'000, kLooksPerRecord = 1'024;
constexpr std::size_t kPollers = 16;  // tasks that take turns on one thread

constinit thread_local std::array<Poll, kPollers> t_polls{};

bool SaysNothingNew(const recorder::ThreadLog& log, const recorder::Tracked& object) {
  const trace::TaskId task = log.task();
  const trace::ObjectId id = object.id.load(std::memory_order_relaxed);
  const trace::Version version = object.version.load(std::memory_order_relaxed);
  Poll& poll = t_polls[task % kPollers];
  if (poll.task != task || poll.object != id || poll.version != version) {
    poll = {task, id, version, 0};
  }
  return ++poll.looks > kAllLooks && poll.looks % kLooksPerRecord != 0 &&
         poll.looks > 2 * recorder::ProcessOptions().spin_count;
}

}  // namespace

void Versioned::RecordLoad(recorder::ThreadLog& log, trace::SiteId site) {
  if (SaysNothingNew(log, origin_.tracked())) return;
  recorder::Observed(log, origin_.tracked(), EventType::kAtomicLoad, site, {.operands = {kSeqCst}});
}

void Versioned::RecordChange(recorder::ThreadLog& log, EventType type, trace::SiteId site) {
  recorder::OrderedWide(log, origin_.tracked(), type, site, {.operands = {kSeqCst}});
}

void Versioned::RecordCasFail(recorder::ThreadLog& log, trace::SiteId site) {
  const recorder::Tracked& object = origin_.tracked();
  RecordFailure(log, object, EventType::kAtomicCasFail, site,
                object.version.load(std::memory_order_relaxed));
}

}  // namespace gordian::internal
