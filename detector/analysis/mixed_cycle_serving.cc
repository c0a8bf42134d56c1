// Who could still serve a wait in the reordering, and what keeps them from it.
#include <algorithm>
#include <span>

#include "absl/container/flat_hash_map.h"
#include "detector/analysis/mixed_cycle.h"

namespace gordian::detector {
namespace {

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

bool MixedCycle::CanServe(OpKind op, WaitKind wait) {
  switch (wait) {
    case WaitKind::kRecv:
      return op == OpKind::kSend || op == OpKind::kOfferSend || op == OpKind::kClose;
    case WaitKind::kSend:
      return op == OpKind::kRecv || op == OpKind::kOfferRecv || op == OpKind::kClose;
    case WaitKind::kOnce:
      return op == OpKind::kEnd;
    default:
      return op == OpKind::kSignal;
  }
}

bool MixedCycle::IsServedOnlyBehindLock(MixedCycleCase& found, const Model& model, bool& blocks) {
  const ServedWait& wait = *found.wait;
  if (wait.kind == WaitKind::kJoin) {
    blocks = true;
    return WhatKeeps(wait.joined, wait.at, found) == Barrier::kLock;
  }
  const Ops* const ops = ops_.Find(wait.object);
  if (ops == nullptr || ops->too_many) return false;
  const auto size = static_cast<std::int64_t>(model.Object(wait.object).detail);
  const bool kept = wait.kind == WaitKind::kWaitGroup ? CountStays(*ops, 1, found, blocks)
                    : wait.kind == WaitKind::kSemaphore
                        ? CountStays(*ops, size - wait.wanted + 1, found, blocks)
                        : NobodyServes(*ops, size, found, blocks);
  if (!kept || found.asker == 0) return false;
  const auto serves = std::find_if(ops->all.begin(), ops->all.end(),
                                   [&](const Op& op) { return op.at == found.serves_at; });
  if (serves != ops->all.end()) found.serves_site = serves->site;
  return true;
}

// The counter stays at `atleast` or above, however far those get who are not kept back.
bool MixedCycle::CountStays(const Ops& ops, std::int64_t atleast, MixedCycleCase& found,
                            bool& blocks) {
  struct Rest {
    Barrier barrier = Barrier::kNone;  // once kept back, so are its later ones
    std::int64_t sum = 0, least = 0;
  };
  std::int64_t count = 0;
  absl::flat_hash_map<TaskId, Rest> rests;
  for (const Op& op : ops.all) {
    if (Included(op)) {
      count += op.delta;
      continue;
    }
    if (op.task == found.wait->task) continue;
    Rest& rest = rests[op.task];
    if (rest.barrier == Barrier::kNone && op.delta < 0) {
      rest.barrier = WhatKeeps(op.task, op.at, found);
    }
    if (rest.barrier != Barrier::kNone) continue;
    rest.sum += op.delta;
    rest.least = std::min(rest.least, rest.sum);
  }
  for (const auto& [task, rest] : rests) count += rest.least;
  blocks = count >= atleast;
  return true;
}

// No message, signal or end of a Once comes from those who are not kept back.
bool MixedCycle::NobodyServes(const Ops& ops, std::int64_t capacity, MixedCycleCase& found,
                              bool& blocks) {
  const ServedWait& wait = *found.wait;
  std::int64_t inside = 0;
  bool begun = false;
  absl::flat_hash_map<TaskId, Barrier> kept;
  for (const Op& op : ops.all) {
    if (Included(op)) {
      if (op.kind == OpKind::kClose || op.kind == OpKind::kEnd) return false;
      if (op.kind == OpKind::kSignal && op.at > wait.begun) return false;
      if (op.kind == OpKind::kSend) ++inside;
      if (op.kind == OpKind::kRecv) --inside;
      begun = begun || op.kind == OpKind::kBegin;
      continue;
    }
    if (!CanServe(op.kind, wait.kind) || op.task == wait.task) continue;
    Barrier& barrier = kept[op.task];
    if (barrier == Barrier::kNone) barrier = WhatKeeps(op.task, op.at, found);
    if (barrier == Barrier::kNone) return false;
  }
  blocks = wait.kind == WaitKind::kRecv   ? inside <= 0
           : wait.kind == WaitKind::kSend ? inside >= capacity
           : wait.kind == WaitKind::kOnce ? begun
                                          : true;
  return true;
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

}  // namespace gordian::detector
