// What channels write to the trace: see instrument/trace/FORMAT.md.
#include "gordian/internal/call_site.h"
#include "gordian/internal/chan_core.h"
#include "gordian/internal/record.h"

namespace gordian::internal {

using recorder::ThreadLog;
using trace::EventType;

namespace {

// Stands for every nil channel: object 0, which has no versions.
constinit recorder::Tracked g_nil;

}  // namespace

ChanCall ChanCore::CallRecorded(const std::source_location& where) {
  ThreadLog* log = Recording();
  if (log == nullptr) return {};
  origin_.In(*log, trace::ObjectKind::kChan, capacity_);
  return {log, CallSite(where).In(*log), 0};
}

trace::ObjectId ChanCore::IdIn(ThreadLog& log) {
  origin_.In(log, trace::ObjectKind::kChan, capacity_);
  return id();
}

void ChanCore::RecordSlow(const ChanCall& call, EventType type) {
  if (call.flags == 0) {
    recorder::Ordered(*call.log, tracked(), type, call.site);
  } else {
    recorder::OrderedWide(*call.log, tracked(), type, call.site, {.flags = call.flags});
  }
}

void ChanCore::RecordForSlow(const ChanCall& call, EventType type, const Waiter& waiter) {
  const auto& parked = static_cast<const ChanWaiter&>(waiter);
  const recorder::Details details{.flags = parked.flags, .for_task = IdOf(*parked.task)};
  if (trace::Spec(type).order == trace::Order::kOrdered) {
    recorder::OrderedWide(*call.log, tracked(), type, parked.site, details);
  } else {
    recorder::Observed(*call.log, tracked(), type, parked.site, details);
  }
}

void ChanCore::RecordClosedSeen(const ChanCall& call) {
  if (call.log == nullptr) [[likely]]
    return;
  recorder::Observed(*call.log, tracked(), EventType::kChanRecvClosed, call.site,
                     {.flags = call.flags});
}

void ChanCore::RecordRequest(const ChanCall& call, EventType request) {
  if (call.log == nullptr) [[likely]]
    return;
  recorder::Time(*call.log);
  recorder::Observed(*call.log, tracked(), request, call.site);
  RecordHandles(call);
}

void ChanCore::RecordHandles(const ChanCall& call) {
  watched_.store(true, std::memory_order_seq_cst);
  recorder::OrderedWide(*call.log, tracked(), EventType::kChanHandles, call.site,
                        {.operands = {handles()}});
}

void ChanCore::RecordLen(const ChanCall& call) {
  if (call.log == nullptr) [[likely]]
    return;
  recorder::Observed(*call.log, tracked(), EventType::kChanLen, call.site);
}

void ChanCore::RecordWaitEnd(trace::SiteId site, trace::WaitEndReason why) {
  if (ThreadLog* log = Recording()) [[unlikely]] {
    recorder::Time(*log);
    recorder::Local(*log, EventType::kWaitEnd, id(), site,
                    {.operands = {static_cast<std::uint64_t>(why)}});
  }
}

void ChanCore::RecordMisuse(trace::MisuseKind what, trace::SiteId site) {
  if (ThreadLog* log = Recording()) [[unlikely]] {
    recorder::Time(*log);
    recorder::Observed(*log, tracked(), EventType::kMisuse, site,
                       {.operands = {static_cast<std::uint64_t>(what)}});
  }
}

void ChanCore::HandlesChanged() {
  ThreadLog* log = Recording();
  if (log == nullptr) return;
  lock_.Lock();
  if (senders_.empty() && receivers_.empty()) {
    watched_.store(false, std::memory_order_relaxed);
  } else {
    RecordHandles({log, 0, 0});
  }
  lock_.Unlock();
}

void ChanCore::RecordEnd() {
  ThreadLog* log = Recording();
  if (log == nullptr || !origin_.IsRegistered()) return;
  recorder::Time(*log);  // what others observed of it came before
  origin_.End();
}

void RecordNilMisuse(trace::MisuseKind what, const std::source_location& where) {
  if (ThreadLog* log = Recording()) [[unlikely]] {
    recorder::Observed(*log, g_nil, EventType::kMisuse, CallSite(where).In(*log),
                       {.operands = {static_cast<std::uint64_t>(what)}});
  }
}

void RecordNilRequest(EventType request, const std::source_location& where) {
  if (ThreadLog* log = Recording()) [[unlikely]] {
    recorder::Time(*log);
    recorder::Observed(*log, g_nil, request, CallSite(where).In(*log));
  }
}

}  // namespace gordian::internal
