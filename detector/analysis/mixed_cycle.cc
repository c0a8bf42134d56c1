#include "detector/analysis/mixed_cycle.h"

#include <algorithm>
#include <span>

#include "absl/container/flat_hash_map.h"

namespace gordian::detector {
namespace {

using trace::Event;
using trace::EventType;

constexpr std::uint32_t kInstances = 16;     // of waits at the same places
constexpr std::uint64_t kWork = 10'000'000;  // steps, per cut
constexpr std::size_t kOps = 4'096;          // of one object
constexpr int kRounds = 4;                   // of looking again

// The first of `task`'s acquisitions in (after, upto] that conflicts with a hold.
std::uint32_t ConflictIn(const LockTrace& trace, const LockSections::User& user, bool shared,
                         Seq after, Seq upto) {
  Seq first = kNever;
  const auto look = [&](const std::vector<Seq>& begins) {
    const auto at = std::upper_bound(begins.begin(), begins.end(), after);
    if (at != begins.end() && *at <= upto) first = std::min(first, *at);
  };
  look(user.writes);
  if (!shared) look(user.reads);
  if (first == kNever) return kNoAcquire;
  const std::span<const Acquire> acquires = trace.Acquires(user.task);
  const auto found = std::lower_bound(acquires.begin(), acquires.end(), first,
                                      [](const Acquire& a, Seq seq) { return a.at < seq; });
  return static_cast<std::uint32_t>(found - acquires.begin());
}

}  // namespace

EventSet MixedCycle::wants() const {
  using enum EventType;
  return Events({kChanSend, kChanRecv, kChanRecvClosed, kChanClose, kSelectCaseSend,
                 kSelectCaseRecv, kWaitGroupAdd, kWaitGroupWait, kTaskJoin});
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
      return NoteOp(event, OpKind::kAdd);
    case EventType::kWaitGroupWait:
      return NoteWait(event, WaitKind::kWaitGroup, model);
    case EventType::kTaskJoin:
      return NoteWait(event, WaitKind::kJoin, model);
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
  if (kind == OpKind::kAdd) {
    if (ops->all.empty()) groups_.push_back(event.subject);
    op.delta = static_cast<std::int32_t>(static_cast<std::int64_t>(event.args[0]));
  }
  ops->all.push_back(op);
}

void MixedCycle::NoteWait(const Event& event, WaitKind kind, const Model& model) {
  constexpr std::uint32_t kCannotBlock = trace::kFlagTimed | trace::kFlagTry | trace::kFlagSelect;
  const TaskInfo& task = model.Task(event.task);
  if (task.held.empty() || (event.flags & kCannotBlock) != 0 || task.wait.timed) return;
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
  closure_.Clear();
  closure_.Include(wait.task, wait.at - 1);
  const bool closed = closure_.Close();
  work_ += closure_.steps() - before + 1;
  if (!closed || closure_.Upto(wait.task) >= wait.at) return false;
  found.wait = &wait;
  found.lock = &lock;
  // What brings the other one to its request may bring a server past the lock: look again, until
  // nothing more is brought along.
  for (int round = 0; round < kRounds; ++round) {
    const auto before_this = std::pair(found.asker, found.request);
    found.asker = 0;
    if (!IsServedOnlyBehindLock(found, model) || !Reaches(found)) return false;
    if (before_this == std::pair(found.asker, found.request)) return true;
  }
  return false;
}

// Whether nothing in the reordering has served the wait, and nothing that is still to come can.
bool MixedCycle::IsServedOnlyBehindLock(MixedCycleCase& found, const Model& model) {
  const ServedWait& wait = *found.wait;
  if (wait.kind == WaitKind::kJoin) {
    return WhatKeeps(wait.joined, wait.at, found) == Barrier::kLock;
  }
  const Ops* const ops = ops_.Find(wait.object);
  if (ops == nullptr || ops->too_many) return false;
  const auto capacity = static_cast<std::int64_t>(model.Object(wait.object).detail);
  const bool waits = wait.kind == WaitKind::kWaitGroup ? GroupWaits(*ops, found)
                                                       : ChannelWaits(*ops, capacity, found);
  if (!waits || found.asker == 0) return false;
  const auto serves = std::find_if(ops->all.begin(), ops->all.end(),
                                   [&](const Op& op) { return op.at == found.serves_at; });
  if (serves != ops->all.end()) found.serves_site = serves->site;
  return true;
}

// The counter stays above zero, even when all who are not kept back have called Done.
bool MixedCycle::GroupWaits(const Ops& ops, MixedCycleCase& found) {
  std::int64_t counter = 0;
  absl::flat_hash_map<TaskId, Barrier> kept;
  for (const Op& op : ops.all) {
    if (op.at <= closure_.Upto(op.task)) {
      counter += op.delta;
      continue;
    }
    if (op.task == found.wait->task || op.delta >= 0) continue;
    Barrier& barrier = kept[op.task];  // once kept back, so are its later ones
    if (barrier == Barrier::kNone) barrier = WhatKeeps(op.task, op.at, found);
    if (barrier == Barrier::kNone) counter += op.delta;
  }
  return counter > 0;
}

bool MixedCycle::ChannelWaits(const Ops& ops, std::int64_t capacity, MixedCycleCase& found) {
  const bool receives = found.wait->kind == WaitKind::kRecv;
  const OpKind act = receives ? OpKind::kSend : OpKind::kRecv;
  const OpKind offer = receives ? OpKind::kOfferSend : OpKind::kOfferRecv;
  std::int64_t inside = 0;
  absl::flat_hash_map<TaskId, Barrier> kept;
  for (const Op& op : ops.all) {
    if (op.at <= closure_.Upto(op.task)) {
      if (op.kind == OpKind::kClose) return false;
      if (op.kind == OpKind::kSend) ++inside;
      if (op.kind == OpKind::kRecv) --inside;
      continue;
    }
    const bool serves = op.kind == act || op.kind == offer || op.kind == OpKind::kClose;
    if (!serves || op.task == found.wait->task) continue;
    Barrier& barrier = kept[op.task];
    if (barrier == Barrier::kNone) barrier = WhatKeeps(op.task, op.at, found);
    if (barrier == Barrier::kNone) return false;
  }
  return receives ? inside <= 0 : inside >= capacity;
}

// What the task, on its way to its event at `to`, cannot pass: the wait itself, or the lock.
MixedCycle::Barrier MixedCycle::WhatKeeps(TaskId server, Seq to, MixedCycleCase& found) {
  const ServedWait& wait = *found.wait;
  if (work_ > kWork) return Barrier::kNone;
  const std::uint64_t before = past_.steps();
  // What it received might have come from another one, in another order: only its own steps and its
  // spawn are certain to come before.
  past_.Clear(SpClosure::Flows::kStructural);
  past_.Include(server, to - 1);
  TaskId asker = 0;
  std::uint32_t request = kNoAcquire;
  const std::vector<LockSections::User>& users = sections_.UsersOf(found.lock->object);
  work_ += past_.steps() - before + users.size() + 1;
  for (const LockSections::User& user : users) {
    if (user.task == wait.task || asker == server) continue;
    const std::uint32_t conflict = ConflictIn(trace_, user, found.lock->shared,
                                              closure_.Upto(user.task), past_.Upto(user.task));
    if (conflict == kNoAcquire || trace_.Acquires(user.task)[conflict].tried != 0) continue;
    // The server's own request says it best; else the first one.
    const auto at = [&](TaskId task, std::uint32_t index) {
      return trace_.Acquires(task)[index].at;
    };
    if (asker != 0 && user.task != server && at(asker, request) < at(user.task, conflict)) continue;
    asker = user.task;
    request = conflict;
  }
  if (asker == 0) return past_.Upto(wait.task) >= wait.at ? Barrier::kWaiter : Barrier::kNone;
  if (found.asker == 0 || asker == server) {
    found.server = server;
    found.serves_at = wait.kind == WaitKind::kJoin ? 0 : to;
    found.asker = asker;
    found.request = request;
  }
  return Barrier::kLock;
}

// Whether the other one can get to its request, too.
bool MixedCycle::Reaches(const MixedCycleCase& found) {
  const Seq request = trace_.Acquires(found.asker)[found.request].at;
  closure_.Include(found.asker, request - 1);
  return closure_.Close() && closure_.Upto(found.wait->task) < found.wait->at &&
         closure_.Upto(found.asker) < request && CountersStayPositive();
}

// A Done may need any Add that it followed: without one of those the counter might fall below zero.
bool MixedCycle::CountersStayPositive() const {
  return std::ranges::all_of(groups_, [&](ObjectId group) {
    const Ops* const ops = ops_.Find(group);
    if (ops->too_many) return false;
    bool left_out = false;
    for (const Op& op : ops->all) {
      const bool included = op.at <= closure_.Upto(op.task);
      if (op.delta > 0 && !included) left_out = true;
      if (op.delta < 0 && included && left_out) return false;
    }
    return true;
  });
}

}  // namespace gordian::detector
