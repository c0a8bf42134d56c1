// Cuts and the end of a trace: what to do about records that nothing will come before.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "detector/reader/ordering.h"

namespace gordian::detector {

// A pass looks at all words that are left; it only helps again where a stream broke since.
constexpr int kMaxPasses = 8;

absl::Status Ordering::Complete(Take take, bool last) {
  Drain(take).IgnoreError();
  settling_ = true;
  finishing_ = last;
  lenient_ = lenient_ || last;
  for (int pass = 0; pass < (last ? kMaxPasses : 1) && AnyAsleep(); ++pass) {
    RescanAndWakeAll();
    Drain(take).IgnoreError();
    if (last && AnyAsleep() && ForceWaits()) Drain(take).IgnoreError();
  }
  if (last) EndStreams(take);
  settling_ = finishing_ = false;
  remaining_ = {};
  return status_;
}

// Words that are left now are no whole record, or come after what cannot come.
void Ordering::EndStreams(Take take) {
  for (StreamIndex index = 0; index < streams_.size(); ++index) {
    const Stream& s = *streams_[index];
    if (s.state == StreamState::kIdle && s.at < s.words.size()) MakeReady(index);
  }
  Drain(take).IgnoreError();
  for (const auto& s : streams_) {
    if (s->state == StreamState::kAsleep) GiveUp(*s);
  }
}

bool Ordering::AnyAsleep() const {
  return std::any_of(streams_.begin(), streams_.end(),
                     [](const auto& s) { return s->state == StreamState::kAsleep; });
}

// Where a request or a completion was lost and a later one was not, a task is held back by
// a wait that is long over, or a completion by a request that never came. True where there
// was such a thing.
bool Ordering::ForceWaits() {
  bool forced = false;
  for (StreamIndex index = 0; index < streams_.size(); ++index) {
    Stream& s = *streams_[index];
    if (s.state != StreamState::kAsleep) continue;
    if (s.sleeps_on == SleepKind::kGate) {
      CloseWait(s.sleeps_id);
    } else if (s.sleeps_on == SleepKind::kCompletion) {
      s.forced = true;
      MakeReady(index);
    } else {
      continue;
    }
    forced = true;
  }
  return forced;
}

void Ordering::RescanAndWakeAll() {
  remaining_.Scan(streams_, objects_);
  sleepers_ = {};
  completions_.clear();
  for (TaskOrder& task : tasks_) task.claimed = kNoStream;
  for (StreamIndex index = 0; index < streams_.size(); ++index) {
    const Stream& s = *streams_[index];
    if (s.state != StreamState::kAsleep) continue;
    switch (s.sleeps_on) {
      case SleepKind::kObject:
        objects_[s.sleeps_id].sleepers = 0;
        break;
      case SleepKind::kTurn:
        tasks_[s.sleeps_id].turns = 0;
        break;
      case SleepKind::kNews:
        tasks_[s.sleeps_id].news = 0;
        break;
      case SleepKind::kGate:
        tasks_[s.sleeps_id].gate = kNoStream;
        break;
      default:
        break;
    }
    MakeReady(index);
  }
}

// The stream waits for what waits for it, or for what broke: no order is legal.
void Ordering::GiveUp(Stream& s) {
  trace::Decode(s.begin(), s.end(), event_);
  Fail(s, absl::StrCat("there is no legal order: it has to come after ", WhatItAwaits(s),
                       ", and that cannot come before it"));
}

std::string Ordering::WhatItAwaits(const Stream& s) {
  switch (s.sleeps_on) {
    case SleepKind::kObject:
      return absl::StrCat("a version of object ", s.sleeps_id);
    case SleepKind::kTurn:
      return absl::StrCat("an earlier stretch of task ", s.sleeps_id);
    case SleepKind::kNews:
      return absl::StrCat("the spawn or the end of task ", s.sleeps_id);
    case SleepKind::kGate:
      return absl::StrCat("the completion of a wait of task ", s.sleeps_id);
    case SleepKind::kCompletion:
      return absl::StrCat("the request of task ", s.sleeps_key.task, " that it completes");
    case SleepKind::kNone:
      break;
  }
  return "something";
}

}  // namespace gordian::detector
