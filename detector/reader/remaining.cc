#include "detector/reader/remaining.h"

#include <algorithm>

#include "instrument/trace/decoder.h"

namespace gordian::detector {
namespace {

using trace::Event;
using trace::EventType;

// The key of `wait-end` where the wait is on no object.
constexpr CompletionKey EndOfObjectless(trace::TaskId task, bool sleep) {
  return {task, 0, sleep ? RequestKind::kSleep : RequestKind::kSelect, false};
}

// The last number below `below` among the pairs of `id`.
std::uint64_t Below(const std::vector<std::pair<std::uint32_t, std::uint64_t>>& pairs,
                    std::uint32_t id, std::uint64_t below) {
  const auto found = std::lower_bound(pairs.begin(), pairs.end(), std::pair(id, below));
  if (found == pairs.begin() || std::prev(found)->first != id) return 0;
  return std::prev(found)->second;
}

template <typename Map, typename Key>
bool CountDown(Map& map, const Key& key) {
  const auto found = map.find(key);
  if (found == map.end() || --found->second != 0) return false;
  map.erase(found);
  return true;
}

}  // namespace

bool KeyOf(const Event& event, CompletionKey& key) {
  key = {event.task, event.subject, WaitRuleOf(event.type).closes, event.Has(trace::kFlagSelect)};
  if (key.kind != RequestKind::kNone) return true;
  if (event.type != EventType::kWaitEnd) return false;
  const bool done = event.args[0] == static_cast<std::uint64_t>(trace::WaitEndReason::kDone);
  key.select = false;
  if (event.subject == 0) key = EndOfObjectless(event.task, done);
  return true;
}

void AppendKeys(trace::TaskId task, const OpenWait& wait, std::vector<CompletionKey>& keys) {
  switch (wait.kind) {
    case RequestKind::kSelect:
      for (const CaseOfSelect& c : wait.cases) keys.push_back({task, c.channel, c.kind, true});
      keys.push_back(EndOfObjectless(task, false));
      break;
    case RequestKind::kSleep:
      keys.push_back(EndOfObjectless(task, true));
      break;
    case RequestKind::kJoin:
      keys.push_back({task, wait.on, wait.kind, false});
      keys.push_back(EndOfObjectless(task, false));
      break;
    default:
      keys.push_back({task, wait.on, wait.kind, false});
      keys.push_back({task, wait.on, RequestKind::kNone, false});
  }
}

void Remaining::Scan(std::span<const std::unique_ptr<Stream>> streams,
                     std::span<const ObjectOrder> objects) {
  *this = {};
  for (StreamIndex index = 0; index < streams.size(); ++index) {
    const Stream& s = *streams[index];
    if (s.state != StreamState::kBroken && s.at < s.words.size()) ScanStream(s, index, objects);
  }
  std::sort(versions_.begin(), versions_.end());
  std::sort(stretches_.begin(), stretches_.end());
}

void Remaining::ScanStream(const Stream& s, StreamIndex index,
                           std::span<const ObjectOrder> objects) {
  absl::flat_hash_map<trace::ObjectId, trace::Version> taken;  // by this stream, in what is left
  Stream scratch;
  scratch.task = s.task;
  scratch.cases = s.cases;
  const std::uint64_t* at = s.begin();
  const std::uint64_t* const end = s.words.data() + s.words.size();
  Event event;
  for (;;) {
    const trace::Decoded record = trace::Decode(at, end, event);
    if (record.error != trace::RecordError::kNone) return;
    at += record.words;
    if (trace::kRecordShapes[static_cast<std::size_t>(event.type)].order ==
        trace::Order::kOrdered) {
      trace::Version& last = taken[event.subject];
      if (event.version == 0 && last == 0 && event.subject < objects.size() &&
          objects[event.subject].last == index) {
        last = objects[event.subject].taken;
      }
      if (event.version == 0 && last != 0) event.version = last + 1;
      last = event.version;
      if (last != 0) versions_.emplace_back(event.subject, last);
    }
    ScanRecord(event, scratch.task, scratch);
  }
}

void Remaining::ScanRecord(const Event& event, trace::TaskId task, Stream& scratch) {
  if (event.Has(trace::kFlagFor)) {
    CompletionKey key;
    if (KeyOf(event, key)) ++completions_[event.task];
    return;
  }
  switch (event.type) {
    case EventType::kTaskRun:
      scratch.task = event.subject;
      stretches_.emplace_back(event.subject, event.args[0]);
      return;
    case EventType::kTaskStop:
      scratch.task = 0;
      return;
    case EventType::kTaskSpawn:
      spawns_.insert(event.subject);
      return;
    case EventType::kTaskEnd:
      ends_.insert(event.subject);
      return;
    case EventType::kSelectBegin:
      scratch.cases.clear();
      return;
    case EventType::kSelectCaseSend:
      scratch.cases.push_back({event.subject, RequestKind::kSend});
      return;
    case EventType::kSelectCaseRecv:
      scratch.cases.push_back({event.subject, RequestKind::kRecv});
      return;
    default:
      break;
  }
  if (WaitRuleOf(event.type).opens == RequestKind::kNone || task == 0) return;
  OpenWait wait;
  wait.Begin(event, scratch.cases);
  std::vector<CompletionKey> keys;
  AppendKeys(task, wait, keys);
  for (const CompletionKey& key : keys) ++requests_[key];
}

trace::Version Remaining::VersionBelow(trace::ObjectId object, trace::Version version) const {
  return Below(versions_, object, version);
}

std::uint64_t Remaining::StretchBelow(trace::TaskId task, std::uint64_t stretch) const {
  return Below(stretches_, task, stretch);
}

bool Remaining::RequestPlaced(const CompletionKey& key) { return CountDown(requests_, key); }

bool Remaining::CompletionPlaced(trace::TaskId task) { return CountDown(completions_, task); }

}  // namespace gordian::detector
