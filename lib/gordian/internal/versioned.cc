#include "gordian/internal/versioned.h"

namespace gordian::internal {

using trace::EventType;

namespace {

constexpr auto kSeqCst = static_cast<std::uint64_t>(std::memory_order_seq_cst);

}  // namespace

void Versioned::RecordLoad(recorder::ThreadLog& log, trace::SiteId site) {
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
