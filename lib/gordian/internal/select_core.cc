#include "gordian/internal/select_core.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <utility>

#include "gordian/internal/call_site.h"
#include "gordian/internal/record.h"
#include "gordian/internal/task_state.h"
#include "instrument/schedule/point.h"

namespace gordian::internal {

using trace::EventType;

namespace {

// One for each place in the program.
std::uintptr_t Address(const std::source_location& where) {
  return std::bit_cast<std::uintptr_t>(where);
}

}  // namespace

Selected Selection::Run() {
  schedule::Point(schedule::Op::kSelect, cases_.empty() ? nullptr : cases_.front().core);
  if (recorder::On()) [[unlikely]]
    RecordBegin();
  Sort();
  LockAll();
  ChanCore::Outcome outcome{ChanCore::Attempt::kBlocked};
  const std::size_t taken = Poll(outcome);
  if (taken != kNone) {
    UnlockAll();
    if (outcome.partner != nullptr) Wake(*outcome.partner);
    return Finish(taken, outcome.attempt == ChanCore::Attempt::kClosed);
  }
  if (has_default_) {
    UnlockAll();
    return Finish(cases_.size(), false);
  }
  const std::size_t woken = Block();
  return Finish(woken, cases_[woken].waiter->result == kChanClosed);
}

// Insertion sort: there are few cases, often in order already.
void Selection::Sort() {
  std::size_t count = 0;
  for (SelectCase& each : cases_) {
    if (each.core == nullptr) continue;
    std::size_t i = count++;
    for (; i > 0 && std::less<>()(each.core, order_[i - 1]->core); --i) order_[i] = order_[i - 1];
    order_[i] = &each;
  }
  order_ = order_.first(count);
}

void Selection::LockAll() {
  const ChanCore* last = nullptr;
  for (SelectCase* each : order_) {
    if (each->core != last) each->core->lock_.Lock();
    last = each->core;
  }
}

void Selection::UnlockAll() {
  const ChanCore* last = nullptr;
  for (SelectCase* each : order_) {
    if (each->core != last) each->core->lock_.Unlock();
    last = each->core;
  }
}

std::size_t Selection::Poll(ChanCore::Outcome& outcome) {
  const auto ready = [](const SelectCase& each) {
    return each.core != nullptr && (each.is_send ? each.core->CanSend() : each.core->CanRecv());
  };
  for (;;) {
    const auto count = static_cast<std::uint32_t>(std::ranges::count_if(cases_, ready));
    if (count == 0) return kNone;
    std::uint32_t skip = schedule::Choose(schedule::Choice::kSelectCase, count);
    for (std::size_t i = 0; i < cases_.size(); ++i) {
      SelectCase& each = cases_[i];
      if (!ready(each) || skip-- > 0) continue;
      outcome = each.is_send ? each.core->TrySend(each.element, each.call)
                             : each.core->TryRecv(each.element, each.call);
      if (outcome.attempt != ChanCore::Attempt::kBlocked) return i;
      break;  // another channel claimed the partner in between: look again
    }
  }
}

void Selection::Enqueue() {
  Task& self = CurrentTask();
  for (SelectCase& each : cases_) {
    each.waiter.emplace(self, each.element, each.call);
    each.waiter->claimed = &claimed_;
    if (each.core == nullptr) continue;
    each.core->Pin();
    (each.is_send ? each.core->senders_ : each.core->receivers_).PushBack(*each.waiter);
  }
}

// Takes what is left of the wait out of the queues; the index of the case that was completed.
std::size_t Selection::Dequeue() {
  std::size_t taken = kNone;
  for (std::size_t i = 0; i < cases_.size(); ++i) {
    SelectCase& each = cases_[i];
    if (each.core == nullptr) continue;
    if (each.waiter->result != kChanPending) {
      taken = i;
      continue;
    }
    each.core->lock_.Lock();
    (each.is_send ? each.core->senders_ : each.core->receivers_).Remove(*each.waiter);
    each.core->lock_.Unlock();
  }
  return taken;
}

// Every channel stays pinned; Finish() lets go of them.
std::size_t Selection::Block() {
  Enqueue();
  if (log_ != nullptr) [[unlikely]]
    RecordBlock();
  UnlockAll();
  Waiter nothing(CurrentTask());  // for a select without cases
  Waiter& any = cases_.empty() ? nothing : *cases_.front().waiter;
  any.to = "select";
  if (!cases_.empty()) any.at = cases_.front().where;
  try {
    do Park(any, nullptr);
    while (claimed_.load(std::memory_order_acquire) == 0);
  } catch (...) {
    Dequeue();
    RecordWaitEnd(trace::WaitEndReason::kCancelled);
    for (SelectCase* each : order_) each->core->Unref(ChanCore::kPin);
    throw;
  }
  return Dequeue();
}

Selected Selection::Finish(std::size_t index, bool closed) {
  const bool was_parked = claimed_.load(std::memory_order_relaxed) != 0;
  if (recorder::On()) [[unlikely]] {
    // A send that the close woke is completed by nobody.
    if (was_parked && closed && cases_[index].is_send) {
      RecordWaitEnd(trace::WaitEndReason::kGaveUp);
    }
    RecordEnd(index);
  }
  if (was_parked) {
    for (SelectCase* each : order_) {
      if (each != &cases_[index]) each->core->Unref(ChanCore::kPin);
    }
  }
  if (index == cases_.size()) return {index, false};
  SelectCase& taken = cases_[index];
  const std::uint64_t pin = was_parked ? ChanCore::kPin : 0;
  if (closed && taken.is_send) taken.core->PanicSendClosed(taken.call, pin, taken.where);
  if (pin != 0) taken.core->Unref(pin);
  return {index, !closed};
}

// --- Recording -----------------------------------------------------------------

void Selection::RecordBegin() {
  log_ = Recording();
  if (log_ == nullptr) return;
  site_ = CallSite(where_).In(*log_);
  for (SelectCase& each : cases_) {
    if (each.core != nullptr) {
      each.call = each.core->Call(each.where);
    } else {
      each.call.site = CallSite(each.where).In(*log_);
    }
    each.call.flags = trace::kFlagSelect;
  }
  recorder::Local(*log_, EventType::kSelectBegin, static_cast<std::uint32_t>(cases_.size()), site_,
                  {.operands = {has_default_ ? 1u : 0u}});
  for (const SelectCase& each : cases_) {
    const auto type = each.is_send ? EventType::kSelectCaseSend : EventType::kSelectCaseRecv;
    recorder::Local(*log_, type, each.core == nullptr ? 0 : each.core->id(), each.call.site);
  }
}

void Selection::RecordBlock() {
  if (!cases_.empty() && order_.empty()) RecordNilMisuse(trace::MisuseKind::kNilBlock, where_);
  recorder::Time(*log_);
  recorder::Local(*log_, EventType::kSelectBlock, static_cast<std::uint32_t>(cases_.size()), site_);
  const ChanCore* last = nullptr;
  for (const SelectCase* each : order_) {
    if (each->core != last) each->core->RecordHandles(each->call);
    last = each->core;
  }
}

void Selection::RecordEnd(std::size_t index) {
  if (recorder::ThreadLog* log = Recording()) [[unlikely]] {
    recorder::Local(*log, EventType::kSelectEnd, static_cast<std::uint32_t>(index), site_);
    RememberPoll(index);
  }
}

void Selection::RememberPoll(std::size_t index) {
  FailedAttempts& last = CurrentTask().attempts;
  last = {};
  if (cases_.size() != 1 || index != 1 || cases_.front().core == nullptr) return;
  const recorder::Tracked& channel = cases_.front().core->tracked();
  last = {.object = channel.id.load(std::memory_order_relaxed),
          .version = channel.version.load(std::memory_order_relaxed),
          .poll = Address(cases_.front().where)};
}

bool IsOnRecord(const ChanCore& core, const std::source_location& where) {
  constexpr std::uint32_t kPollsPerRecord = 64;
  Task* const task = CurrentTaskOrNull();
  if (task == nullptr) return false;
  FailedAttempts& last = task->attempts;
  const recorder::Tracked& channel = core.tracked();
  const bool same = last.poll == Address(where) && recorder::IsRegistered(channel) &&
                    last.object == channel.id.load(std::memory_order_relaxed) &&
                    last.version == channel.version.load(std::memory_order_relaxed);
  if (!same) return false;
  if (++last.count < kPollsPerRecord) return true;
  recorder::ThreadLog* log = Recording();
  if (log == nullptr) return false;
  recorder::Local(*log, EventType::kSelectPolls, std::exchange(last.count, 0), 0);
  return true;
}

void Selection::RecordWaitEnd(trace::WaitEndReason why) {
  if (recorder::ThreadLog* log = Recording()) [[unlikely]] {
    recorder::Local(*log, EventType::kWaitEnd, 0, site_,
                    {.operands = {static_cast<std::uint64_t>(why)}});
  }
}

}  // namespace gordian::internal
