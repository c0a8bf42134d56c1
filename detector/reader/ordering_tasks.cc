// Stretches, joins and waits: what Ordering asks of a record beyond its version.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "detector/reader/ordering.h"

namespace gordian::detector {
namespace {

using trace::EventType;

// How far a task has come, for those that sleep on the news.
constexpr std::uint64_t kSpawned = 1;
constexpr std::uint64_t kEnded = 2;

// The first task that a recorder names is the one that runs `main`: nobody spawns it.
constexpr trace::TaskId kMainTask = 1;

}  // namespace

Ordering::Step Ordering::Prepare(Stream& s, StreamIndex index) {
  if (s.ended) {
    Fail(s, "the stream had ended before it");
    return Step::kYield;
  }
  if (s.lost && event_.type != EventType::kTaskRun) return Step::kPlace;
  if (event_.Has(trace::kFlagFor)) {
    if (AwaitVersion(s, index) == Step::kYield) return Step::kYield;
    if (PrepareCompletion(s, index) == Step::kYield) return Step::kYield;
  } else if (s.gated && PassGate(s, index) == Step::kYield) {
    return Step::kYield;
  }
  switch (event_.type) {
    case EventType::kTime:
    case EventType::kTaskStop:
    case EventType::kTaskReady:
      return Advance(s, index, event_.args[0]);
    case EventType::kTaskRun:
      return PrepareRun(s, index);
    case EventType::kTaskJoin:
      return PrepareJoin(s, index);
    default:
      return Step::kPlace;
  }
}

Ordering::Step Ordering::PrepareRun(Stream& s, StreamIndex index) {
  CloseStretch(s);
  const trace::TaskId id = event_.subject;
  const std::uint64_t stretch = event_.args[0];
  TaskOrder& task = Task(id);
  if (id == 0 || stretch == 0 || stretch <= task.closed || stretch <= task.open) {
    Fail(s, absl::StrCat("stretch ", stretch, " of task ", id, " cannot come here"));
    return Step::kYield;
  }
  const bool is_root =
      id == kMainTask || event_.Has(trace::kFlagRoot) || (settling_ && !remaining_.HasSpawn(id));
  if (!task.spawned && !is_root) return Sleep(s, index, SleepKind::kNews, id, kSpawned);
  const std::uint64_t before =
      std::max(task.open, finishing_ ? remaining_.StretchBelow(id, stretch) : stretch - 1);
  if (settling_ && task.open != 0) CloseIfExhausted(*streams_[task.runs_on]);
  if (before > task.closed) return Sleep(s, index, SleepKind::kTurn, id, before);
  return Advance(s, index, event_.args[1]);
}

Ordering::Step Ordering::PrepareJoin(Stream& s, StreamIndex index) {
  const trace::TaskId id = event_.subject;
  if (Task(id).ended || (finishing_ && !remaining_.HasEnd(id))) return Step::kPlace;
  return Sleep(s, index, SleepKind::kNews, id, kEnded);
}

// Which request a completion answers is known once its object has come to its version: an
// earlier completion for the same task may still be on its way in another stream.
Ordering::Step Ordering::AwaitVersion(Stream& s, StreamIndex index) {
  const trace::Order order = trace::Spec(event_.type).order;
  if (order == trace::Order::kLocal) return Step::kPlace;
  const trace::Version needed = event_.version - (order == trace::Order::kOrdered ? 1 : 0);
  const trace::Version taken = objects_[event_.subject].taken;
  if (needed <= taken) return Step::kPlace;
  const trace::Version before =
      finishing_ ? remaining_.VersionBelow(event_.subject, needed + 1) : needed;
  return before > taken ? Sleep(s, index, SleepKind::kObject, event_.subject, before)
                        : Step::kPlace;
}

// A record on behalf of a task comes after the request that it answers.
Ordering::Step Ordering::PrepareCompletion(Stream& s, StreamIndex index) {
  CompletionKey key;
  if (!KeyOf(event_, key) || s.forced) return Step::kPlace;
  TaskOrder& task = Task(event_.task);
  const bool is_free = task.claimed == kNoStream || task.claimed == index;
  if (is_free && task.wait.EndsWith(event_)) return Step::kPlace;
  if (finishing_ && !remaining_.HasRequest(key)) return Step::kPlace;
  s.sleeps_key = key;
  return Sleep(s, index, SleepKind::kCompletion, 0, event_.version);
}

// After its request, a task goes on when the wait is over.
Ordering::Step Ordering::PassGate(Stream& s, StreamIndex index) {
  TaskOrder& task = Task(s.task);
  if (!task.wait) {
    s.gated = false;
    s.UpdateAttention();
    return Step::kPlace;
  }
  const bool ends = task.wait.EndsWith(event_) || event_.type == EventType::kWaitEnd;
  if (ends || task.wait.Passes(event_)) return Step::kPlace;
  if (finishing_ && !remaining_.HasCompletion(s.task)) return Step::kPlace;
  return Sleep(s, index, SleepKind::kGate, s.task, 0);
}

// What the record in hand, now placed, means for others.
void Ordering::Apply(Stream& s, StreamIndex index) {
  if (s.lost && event_.type != EventType::kTaskRun) return;
  if (event_.task != 0 && Task(event_.task).wait.EndsWith(event_)) CloseWait(event_.task);
  CompletionKey key;
  s.forced = false;
  if (finishing_ && event_.Has(trace::kFlagFor) && KeyOf(event_, key) &&
      remaining_.CompletionPlaced(event_.task)) {
    TaskOrder& task = Task(event_.task);
    if (task.gate != kNoStream) MakeReady(std::exchange(task.gate, kNoStream));
  }
  const auto wake = [this](StreamIndex i) { MakeReady(i); };
  switch (event_.type) {
    case EventType::kTaskRun:
      ApplyRun(s, index);
      break;
    case EventType::kTaskStop:
      CloseStretch(s);
      break;
    case EventType::kTaskSpawn:
      Task(event_.subject).spawned = true;
      sleepers_.WakeUpTo(Task(event_.subject).news, kSpawned, wake);
      break;
    case EventType::kTaskEnd:
      Task(event_.subject).ended = true;
      sleepers_.WakeUpTo(Task(event_.subject).news, kEnded, wake);
      break;
    case EventType::kSelectBegin:
      s.cases.clear();
      break;
    case EventType::kSelectCaseSend:
      s.cases.push_back({event_.subject, RequestKind::kSend});
      break;
    case EventType::kSelectCaseRecv:
      s.cases.push_back({event_.subject, RequestKind::kRecv});
      break;
    default:
      if (WaitRuleOf(event_.type).opens != RequestKind::kNone && s.task != 0) OpenWait(s);
  }
}

void Ordering::ApplyRun(Stream& s, StreamIndex index) {
  TaskOrder& task = Task(event_.subject);
  task.spawned = true;
  task.open = event_.args[0];
  task.runs_on = index;
  s.task = event_.actor = event_.task = event_.subject;
  s.gated = static_cast<bool>(task.wait);
  s.lost = false;
  s.UpdateAttention();
}

// Nothing more of the stream's present stretch will come.
void Ordering::CloseStretch(Stream& s) {
  if (s.task == 0) return;
  TaskOrder& task = Task(std::exchange(s.task, 0));
  s.gated = false;
  s.UpdateAttention();
  task.closed = std::max(task.closed, std::exchange(task.open, 0));
  sleepers_.WakeUpTo(task.turns, task.closed, [this](StreamIndex i) { MakeReady(i); });
}

// A stretch whose task has gone on elsewhere is over where its stream has no more words.
void Ordering::CloseIfExhausted(Stream& s) {
  if (s.state == StreamState::kIdle && s.at == s.words.size()) CloseStretch(s);
}

void Ordering::OpenWait(Stream& s) {
  TaskOrder& task = Task(s.task);
  task.wait.Begin(event_, s.cases);
  s.gated = s.attention = true;
  if (completions_.empty() && !finishing_) return;
  keys_.clear();
  AppendKeys(s.task, task.wait, keys_);
  for (const CompletionKey& key : keys_) WakeCompletion(key);
}

void Ordering::WakeCompletion(const CompletionKey& key) {
  const bool was_last = finishing_ && remaining_.RequestPlaced(key);
  const auto found = completions_.find(key);
  if (found == completions_.end()) return;
  // The one with the lowest version is the answer; where no request is left, the others
  // wait in vain.
  do {
    const StreamIndex stream = sleepers_.Pop(found->second);
    if (Task(key.task).claimed == kNoStream) Task(key.task).claimed = stream;
    MakeReady(stream);
  } while (was_last && found->second != 0);
  if (found->second == 0) completions_.erase(found);
}

void Ordering::CloseWait(trace::TaskId id) {
  TaskOrder& task = Task(id);
  task.wait.End();
  task.claimed = kNoStream;
  if (task.gate != kNoStream) MakeReady(std::exchange(task.gate, kNoStream));
}

}  // namespace gordian::detector
