#include "detector/analysis/mixed_cycle.h"

#include <algorithm>
#include <utility>

namespace gordian::detector {
namespace {

using trace::Event;
using trace::EventType;

constexpr std::uint32_t kInstances = 16;  // of waits at the same places
constexpr std::size_t kOps = 4'096;       // of one object
constexpr int kRounds = 4;                // of looking again

}  // namespace

EventSet MixedCycle::wants() const {
  using enum EventType;
  return Events({kChanSend, kChanRecv, kChanRecvClosed, kChanClose, kSelectCaseSend,
                 kSelectCaseRecv, kWaitGroupAdd, kWaitGroupWait, kTaskJoin, kSemAcquire,
                 kSemRelease, kOnceBegin, kOnceEnd, kOnceSeen, kCondWake, kCondSignal,
                 kCondBroadcast});
}

void MixedCycle::On(const Event& event, const Model& model) {
  constexpr std::uint32_t kMost = PagedTable<Ops>::kMaxId;  // no recorder gives larger ids
  if (event.seq >= kNever || event.task > kMost || event.subject > kMost) return;
  switch (event.type) {
    case EventType::kChanSend:
      NoteWait(event, WaitKind::kSend, model);
      return NoteOp(event, OpKind::kSend);
    case EventType::kChanRecv:
      NoteWait(event, WaitKind::kRecv, model);
      return NoteOp(event, OpKind::kRecv);
    case EventType::kChanRecvClosed:
      return NoteWait(event, WaitKind::kRecv, model);
    case EventType::kChanClose:
      return NoteOp(event, OpKind::kClose);
    case EventType::kSelectCaseSend:
      return NoteOp(event, OpKind::kOfferSend);
    case EventType::kSelectCaseRecv:
      return NoteOp(event, OpKind::kOfferRecv);
    case EventType::kWaitGroupAdd:
      return NoteCount(event, 1);
    case EventType::kWaitGroupWait:
      return NoteWait(event, WaitKind::kWaitGroup, model);
    case EventType::kTaskJoin:
      return NoteWait(event, WaitKind::kJoin, model);
    case EventType::kSemAcquire:
      NoteWait(event, WaitKind::kSemaphore, model);
      return NoteCount(event, 1);
    case EventType::kSemRelease:
      return NoteCount(event, -1);
    case EventType::kOnceBegin:
      return NoteOp(event, OpKind::kBegin);
    case EventType::kOnceEnd:
      return NoteOp(event, OpKind::kEnd);
    case EventType::kOnceSeen:
      return NoteWait(event, WaitKind::kOnce, model);
    case EventType::kCondWake:
      return NoteWait(event, WaitKind::kCond, model);
    case EventType::kCondSignal:
    case EventType::kCondBroadcast:
      return NoteOp(event, OpKind::kSignal);
    default:
      return;
  }
}

void MixedCycle::NoteOp(const Event& event, OpKind kind) {
  Ops* const ops = event.subject == 0 ? nullptr : ops_.At(event.subject);
  if (ops == nullptr || ops->too_many) return;
  if (ops->all.size() == kOps) {
    *ops = {.all = {}, .too_many = true};
    return;
  }
  Op op{.at = static_cast<Seq>(event.seq), .task = event.task, .kind = kind};
  op.site = event.site & trace::kMaxSite;
  ops->all.push_back(op);
}

void MixedCycle::NoteCount(const Event& event, std::int64_t sign) {
  NoteOp(event, OpKind::kAdd);
  Ops* const ops = event.subject == 0 ? nullptr : ops_.At(event.subject);
  if (ops == nullptr || ops->too_many) return;
  ops->all.back().delta =
      static_cast<std::int32_t>(sign * static_cast<std::int64_t>(event.args[0]));
}

void MixedCycle::NoteWait(const Event& event, WaitKind kind, const Model& model) {
  constexpr std::uint32_t kCannotBlock = trace::kFlagTimed | trace::kFlagTry | trace::kFlagSelect;
  const TaskInfo& task = model.Task(event.task);
  if (task.held.empty() || (event.flags & kCannotBlock) != 0) return;
  if (task.wait ? task.wait.timed : kind == WaitKind::kCond) return;
  if (event.subject == 0 || model.IsTimerChannel(kind == WaitKind::kJoin ? 0 : event.subject)) {
    return;
  }
  const SiteId site = task.wait ? task.wait.site : event.site;
  std::uint32_t& instances = instances_[{site, task.held.back().site}];
  if (instances == kInstances) return;
  ++instances;
  waits_.push_back({.task = event.task,
                    .at = static_cast<Seq>(event.seq),
                    .kind = kind,
                    .object = kind == WaitKind::kJoin ? 0 : event.subject,
                    .joined = kind == WaitKind::kJoin ? event.subject : 0,
                    .wanted = static_cast<std::int64_t>(event.args[0]),
                    .begun = kind == WaitKind::kCond ? static_cast<Seq>(task.wait.seq) : 0,
                    .site = site,
                    .held = task.held});
}

std::vector<Finding> MixedCycle::AtCut(const Cut& cut, const Model& model) {
  std::vector<Finding> findings;
  if (waits_.empty()) return findings;
  sections_.Refresh(trace_);
  work_ = 0;
  for (const ServedWait& wait : waits_) {
    for (const Hold& lock : wait.held) {
      MixedCycleCase found;
      if (work_ > kWork || !Examine(wait, lock, model, found)) continue;
      if (cut.Explained(wait.task) || cut.Explained(found.asker)) continue;
      const Acquire& request = trace_.Acquires(found.asker)[found.request];
      if (!reported_.insert({lock.site, wait.site, request.site}).second) continue;
      findings.push_back(DescribeMixedCycle(found, trace_, cut, model));
    }
  }
  waits_.clear();
  return findings;
}

bool MixedCycle::Examine(const ServedWait& wait, const Hold& lock, const Model& model,
                         MixedCycleCase& found) {
  // A lock that others unlock is a signal.
  if (model.Object(lock.object).foreign_unlock) return false;
  const std::uint64_t before = closure_.steps();
  const bool reached = ReachesWait(wait);
  work_ += closure_.steps() - before + 1;
  if (!reached) return false;
  found.wait = &wait;
  found.lock = &lock;
  // What brings the other one to its request may bring a server past the lock, or what the wait is
  // for: look again, until nothing more is brought along.
  for (int round = 0; round < kRounds; ++round) {
    const auto before_this = std::pair(found.asker, found.request);
    found.asker = 0;
    bool blocks = false;
    if (!IsServedOnlyBehindLock(found, model, blocks) || !Reaches(found)) return false;
    if (before_this == std::pair(found.asker, found.request)) return blocks;
  }
  return false;
}

// Before a Once is waited for, somebody has begun it.
bool MixedCycle::ReachesWait(const ServedWait& wait) {
  closure_.Clear();
  closure_.Include(wait.task, wait.at - 1);
  const Ops* const ops = wait.kind == WaitKind::kOnce ? ops_.Find(wait.object) : nullptr;
  for (std::size_t i = 0; ops != nullptr && i < ops->all.size(); ++i) {
    const Op& op = ops->all[i];
    if (op.kind == OpKind::kBegin && op.task != wait.task) closure_.Include(op.task, op.at);
  }
  return closure_.Close() && closure_.Upto(wait.task) < wait.at;
}

// Whether the other one can get to its request, too.
bool MixedCycle::Reaches(const MixedCycleCase& found) {
  const Seq request = trace_.Acquires(found.asker)[found.request].at;
  closure_.Include(found.asker, request - 1);
  return closure_.Close() && closure_.Upto(found.wait->task) < found.wait->at &&
         closure_.Upto(found.asker) < request;
}

}  // namespace gordian::detector
