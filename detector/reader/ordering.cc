#include "detector/reader/ordering.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"

namespace gordian::detector {
namespace {

using trace::EventType;
using trace::Order;
using trace::RecordError;
using trace::Subject;

// Ids are dense, so that no honest trace has one beyond this. It keeps the tables that are
// indexed by them, here and in the model, in proportion to the trace.
constexpr std::uint64_t kFirstIds = 1u << 18;
constexpr std::uint64_t kIdsPerWord = 16;

// Types that need more than their object's version: see Prepare() and Apply().
constexpr std::array<bool, 128> kSpecial = [] {
  std::array<bool, 128> special{};
  for (std::size_t type = 0; type < special.size(); ++type) {
    special[type] = kWaitRules[type].opens != RequestKind::kNone;
  }
  for (EventType type :
       {EventType::kTime, EventType::kTaskRun, EventType::kTaskStop, EventType::kTaskReady,
        EventType::kTaskSpawn, EventType::kTaskEnd, EventType::kTaskJoin, EventType::kSelectBegin,
        EventType::kSelectCaseSend, EventType::kSelectCaseRecv}) {
    special[static_cast<std::size_t>(type)] = true;
  }
  return special;
}();

template <typename T>
bool GrowTo(std::vector<T>& table, std::uint32_t id, std::uint64_t limit) {
  if (id < table.size()) return true;
  if (id >= limit) return false;
  table.resize(std::max<std::size_t>(id + std::size_t{1}, std::min(table.size() * 2, limit)));
  return true;
}

// What holds for the whole trace, wherever it stands.
bool IsDefinition(EventType type) {
  return type <= EventType::kLoss || type == EventType::kTaskName || type == EventType::kObjectName;
}

// "`lock` of object 4".
std::string Words(const trace::Event& event) {
  if (event.type == EventType::kNone || event.type >= EventType::kCount) return "a record";
  const trace::EventSpec& spec = trace::Spec(event.type);
  const std::string name = '`' + std::string(spec.name) + '`';
  switch (spec.subject) {
    case Subject::kObject:
      return absl::StrCat(name, " of object ", event.subject);
    case Subject::kTask:
      return absl::StrCat(name, " of task ", event.subject);
    default:
      return name;
  }
}

// Whether the next record is written on behalf of another task.
bool CompletesNext(const Stream& s) {
  const std::uint64_t* const next = s.begin();
  return s.end() - next >= 2 && trace::IsWide(next[0]) &&
         (trace::FlagsOf(next[1]) & trace::kFlagFor) != 0;
}

}  // namespace

Stream& Ordering::StreamNamed(trace::StreamId id, StreamIndex& index) {
  const auto [found, is_new] =
      stream_index_.try_emplace(id, static_cast<StreamIndex>(streams_.size()));
  if (is_new) {
    streams_.push_back(std::make_unique<Stream>());
    streams_.back()->id = id;
  }
  index = found->second;
  return *streams_[index];
}

void Ordering::Feed(trace::StreamId id, std::span<const std::uint64_t> words) {
  StreamIndex index = 0;
  Stream& s = StreamNamed(id, index);
  if (s.state == StreamState::kBroken || words.empty()) return;
  if (s.at != 0 && s.at >= s.words.size() / 2) {
    s.base += s.at;
    s.words.erase(s.words.begin(), s.words.begin() + static_cast<std::ptrdiff_t>(s.at));
    s.at = 0;
  }
  s.words.insert(s.words.end(), words.begin(), words.end());
  words_fed_ += words.size();
  if (s.state == StreamState::kIdle) MakeReady(index);
}

void Ordering::Gap(trace::StreamId id) {
  StreamIndex index = 0;
  Stream& s = StreamNamed(id, index);
  if (s.state == StreamState::kBroken) return;
  s.gaps.push_back(s.base + s.words.size());
  if (s.state == StreamState::kIdle) MakeReady(index);
}

void Ordering::MakeReady(StreamIndex index) {
  Stream& s = *streams_[index];
  s.state = StreamState::kReady;
  s.sleeps_on = SleepKind::kNone;
  ready_.push_back({s.time, next_order_++, index});
  std::push_heap(ready_.begin(), ready_.end());
  woken_ = true;
}

absl::Status Ordering::Drain(Take take) {
  while (!ready_.empty()) {
    std::pop_heap(ready_.begin(), ready_.end());
    const StreamIndex index = ready_.back().stream;
    ready_.pop_back();
    RunStream(index, take);
  }
  return status_;
}

void Ordering::RunStream(StreamIndex index, Take take) {
  Stream& s = *streams_[index];
  woken_ = false;
  const std::uint64_t* end = s.end();
  for (;;) {
    const trace::Decoded record = trace::Decode(s.begin(), end, event_);
    if (record.error != RecordError::kNone) [[unlikely]] {
      if (!PassUnreadable(s, record.error)) return;
      end = s.end();
      continue;
    }
    const auto type = static_cast<std::size_t>(event_.type);
    const trace::RecordShape shape = trace::kRecordShapes[type];
    const bool special = kSpecial[type] || s.attention || (event_.flags & trace::kFlagFor) != 0;
    event_.actor = s.task;
    if ((event_.flags & trace::kFlagFor) == 0) event_.task = s.task;
    if (!HasRoomFor(shape.subject)) [[unlikely]]
      return Fail(s, "ids are dense, and this is none");
    if (special && Prepare(s, index) == Step::kYield) return;
    if (shape.order != Order::kLocal && TakeVersion(s, index, shape.order) == Step::kYield) return;

    event_.stream = s.id;
    event_.offset = s.offset();
    if (special) Apply(s, index);
    event_.time = s.time;
    s.at += record.words;
    if (s.lost && !IsDefinition(event_.type)) [[unlikely]] {
      ++skipped_;
    } else {
      event_.seq = ++events_;
      take(event_);
    }
    if (!woken_) continue;
    if (CompletesNext(s)) continue;  // what completes a wait stands right behind its cause
    if (ready_.front().time <= s.time) return MakeReady(index);
    woken_ = false;
  }
}

// At words that are no whole record: true where reading goes on behind them.
bool Ordering::PassUnreadable(Stream& s, RecordError error) {
  if (error == RecordError::kEndOfStream) {
    s.ended = s.attention = true;
    ++s.at;
    return true;
  }
  if (error != RecordError::kIncomplete) {
    Fail(s, trace::Describe(error));
    return false;
  }
  if (!s.gaps.empty()) {
    PassGap(s);
    return true;
  }
  const bool inside_record = s.at < s.words.size();
  s.state = StreamState::kIdle;
  if (finishing_ && inside_record) {
    Fail(s, "the stream ends inside the record");
  } else if (settling_ && s.task != 0 && Task(s.task).turns != 0) {
    CloseStretch(s);  // its task has gone on elsewhere
  }
  if (!inside_record) {
    s.base += s.at;
    s.at = 0;
    s.words = {};
  }
  return false;
}

// Words are missing here: whose records follow is only known from the next `run` on.
void Ordering::PassGap(Stream& s) {
  s.at = s.gaps.front() - s.base;
  s.gaps.pop_front();
  CloseStretch(s);
  s.lost = s.had_gap = true;
  s.gated = false;
  s.UpdateAttention();
}

// The stream's clock goes on to `time`; those that are behind it go first.
Ordering::Step Ordering::Advance(Stream& s, StreamIndex index, std::uint64_t time) {
  const bool later = time > s.time;
  s.time = time;
  if (!later || ready_.empty() || ready_.front().time >= time) return Step::kPlace;
  MakeReady(index);
  return Step::kYield;
}

// Makes the tables long enough for the record's ids. False where no trace of this length
// has such ids.
bool Ordering::HasRoomFor(Subject subject) {
  const std::uint32_t id = event_.subject;
  const bool is_object = subject == Subject::kObject;
  if (is_object && id < objects_.size() && event_.flags == 0 && event_.type != EventType::kCondWait)
      [[likely]] {
    return true;
  }
  const std::uint64_t limit = kFirstIds + kIdsPerWord * words_fed_;
  if (is_object && !GrowTo(objects_, id, limit)) return false;
  if (event_.type == EventType::kCondWait && event_.args[0] >= limit) return false;
  if (subject == Subject::kTask && !GrowTo(tasks_, id, limit)) return false;
  return GrowTo(tasks_, event_.task, limit);
}

Ordering::Step Ordering::TakeVersion(Stream& s, StreamIndex index, Order order) {
  // The nil channel's requests are observed at version 0 of object 0.
  ObjectOrder& object = objects_[event_.subject];
  return order == Order::kOrdered ? TakeNext(s, index, object) : TakeNoEarlier(s, index, object);
}

Ordering::Step Ordering::TakeNext(Stream& s, StreamIndex index, ObjectOrder& object) {
  if (event_.version == 0) {
    if (object.last != index && !s.had_gap) {
      Fail(s, "it needs a version of its own: another stream took the object's last one");
      return Step::kYield;
    }
    event_.version = object.taken + 1;
  } else if (event_.version != object.taken + 1) [[unlikely]] {
    if (event_.version <= object.taken) {
      if (lenient_ || s.had_gap) return Step::kPlace;
      Fail(s, absl::StrCat("version ", event_.version, " of its object was taken before"));
      return Step::kYield;
    }
    const trace::Version before =
        finishing_ ? remaining_.VersionBelow(event_.subject, event_.version) : event_.version - 1;
    if (before > object.taken) return Sleep(s, index, SleepKind::kObject, event_.subject, before);
    missing_.push_back({event_.subject, object.taken + 1, event_.version - 1});
  }
  object.taken = event_.version;
  object.last = index;
  if (object.sleepers != 0) {
    sleepers_.WakeUpTo(object.sleepers, object.taken, [this](StreamIndex i) { MakeReady(i); });
  }
  return Step::kPlace;
}

Ordering::Step Ordering::TakeNoEarlier(Stream& s, StreamIndex index, ObjectOrder& object) {
  const trace::Version version = event_.version;
  if (version <= object.taken) return Step::kPlace;
  const trace::Version before =
      finishing_ ? remaining_.VersionBelow(event_.subject, version + 1) : version;
  if (before > object.taken) return Sleep(s, index, SleepKind::kObject, event_.subject, before);
  missing_.push_back({event_.subject, object.taken + 1, version});
  object.taken = version;
  object.last = kNoStream;
  sleepers_.WakeUpTo(object.sleepers, version, [this](StreamIndex i) { MakeReady(i); });
  return Step::kPlace;
}

Ordering::Step Ordering::Sleep(Stream& s, StreamIndex index, SleepKind kind, std::uint32_t id,
                               std::uint64_t until) {
  s.state = StreamState::kAsleep;
  s.sleeps_on = kind;
  s.sleeps_id = id;
  switch (kind) {
    case SleepKind::kObject:
      sleepers_.Sleep(objects_[id].sleepers, until, index);
      break;
    case SleepKind::kTurn:
      sleepers_.Sleep(tasks_[id].turns, until, index);
      break;
    case SleepKind::kNews:
      sleepers_.Sleep(tasks_[id].news, until, index);
      break;
    case SleepKind::kGate:
      tasks_[id].gate = index;
      break;
    case SleepKind::kCompletion:
      sleepers_.Sleep(completions_[s.sleeps_key], until, index);
      break;
    case SleepKind::kNone:
      break;
  }
  return Step::kYield;
}

void Ordering::Fail(Stream& s, std::string_view what) {
  if (status_.ok()) {
    status_ = absl::DataLossError(absl::StrCat("stream ", s.id, ", word ", s.offset(), ": ",
                                               Words(event_), ": ", std::string(what)));
  }
  CloseStretch(s);
  s.state = StreamState::kBroken;
  s.words = {};
  s.at = 0;
  s.gaps.clear();
}

}  // namespace gordian::detector
