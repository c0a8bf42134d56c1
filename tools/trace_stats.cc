#include "tools/trace_stats.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace gordian::tools {
namespace {

using trace::EventType;

// Whether the event is an operation that has gone through on its object.
bool IsUse(EventType type) {
  switch (type) {
    case EventType::kLock:
    case EventType::kRLock:
    case EventType::kCondWake:
    case EventType::kWaitGroupWait:
    case EventType::kOnceSeen:
    case EventType::kChanSend:
    case EventType::kChanRecv:
    case EventType::kChanRecvClosed:
    case EventType::kSemAcquire:
    case EventType::kBarrierDepart:
      return true;
    default:
      return false;
  }
}

void AddWait(TraceStats::Waits& waits, std::uint64_t from, std::uint64_t to) {
  const std::uint64_t waited = to > from ? to - from : 0;
  ++waits.waits;
  waits.total_ns += waited;
  waits.longest_ns = std::max(waits.longest_ns, waited);
}

}  // namespace

std::uint64_t TraceStats::Parallelism::busy_ns() const {
  std::uint64_t sum = 0;
  for (std::size_t n = 1; n < at_once_ns.size(); ++n) sum += at_once_ns[n];
  return sum;
}

double TraceStats::Parallelism::average() const {
  double weighted = 0;
  for (std::size_t n = 1; n < at_once_ns.size(); ++n) {
    weighted += static_cast<double>(n) * static_cast<double>(at_once_ns[n]);
  }
  const std::uint64_t busy = busy_ns();
  return busy == 0 ? 0 : weighted / static_cast<double>(busy);
}

double TraceStats::Parallelism::serial_share() const {
  const std::uint64_t busy = busy_ns();
  if (busy == 0 || at_once_ns.size() < 2) return 0;
  return static_cast<double>(at_once_ns[1]) / static_cast<double>(busy);
}

double TraceStats::Parallelism::amdahl_bound() const {
  const double share = serial_share();
  return share > 0 ? 1 / share : 0;
}

void TraceStats::Take(const trace::Event& event) {
  ++counts_[static_cast<std::size_t>(event.type)];
  NoteWait(event);
  model_.Apply(event);
  if (event.type == EventType::kTaskRun) {
    const trace::TaskId before = std::exchange(on_stream_[event.stream], event.subject);
    if (before != 0 && before != event.subject) NoteRunning(before, event.time);
    NoteRunning(event.subject, event.time);
  } else if (event.type == EventType::kTaskStop) {
    NoteRunning(event.subject, event.time);
  } else if (event.task != 0) {
    NoteRunning(event.task, event.time);
  }
}

// Before the model knows of the event: its task still waits.
void TraceStats::NoteWait(const trace::Event& event) {
  if (!IsUse(event.type) || event.subject == 0) return;
  Waits& waits = waits_[event.subject];
  waits.object = event.subject;
  ++waits.uses;
  const detector::Wait& wait = model_.Task(event.task).wait;
  if (!wait || wait.object != event.subject) return;
  AddWait(waits, wait.time, event.time);
}

void TraceStats::NoteRunning(trace::TaskId id, std::uint64_t now) {
  const detector::TaskInfo& task = model_.Task(id);
  const bool runs = task.running && !task.ended && !task.wait &&
                    task.kind != trace::TaskKind::kInternal && now != 0;
  const auto since = running_since_.find(id);
  if (runs == (since != running_since_.end())) return;
  if (runs) {
    running_since_.emplace(id, now);
    return;
  }
  if (now > since->second) stretches_.push_back({since->second, now});
  running_since_.erase(since);
}

std::vector<TraceStats::Waits> TraceStats::Contention() const {
  auto all = waits_;
  for (trace::TaskId id = 1; id <= model_.task_count(); ++id) {
    const detector::Wait& wait = model_.Task(id).wait;
    if (!wait || wait.object == 0) continue;
    Waits& waits = all[wait.object];
    waits.object = wait.object;
    AddWait(waits, wait.time, model_.now());
  }
  std::vector<Waits> contended;
  for (const auto& [object, waits] : all) {
    if (waits.waits > 0) contended.push_back(waits);
  }
  std::sort(contended.begin(), contended.end(), [](const Waits& a, const Waits& b) {
    return std::tie(b.total_ns, b.waits, a.object) < std::tie(a.total_ns, a.waits, b.object);
  });
  return contended;
}

TraceStats::Parallelism TraceStats::MeasureParallelism(std::size_t slices) {
  for (const auto& [task, since] : running_since_) {
    if (model_.now() > since) stretches_.push_back({since, model_.now()});
  }
  running_since_.clear();
  Parallelism result;
  result.timeline.assign(slices, 0);
  if (stretches_.empty()) return result;

  // The sweep: +1 where a stretch begins, -1 where it ends.
  std::vector<std::pair<std::uint64_t, int>> changes;
  for (const Stretch& stretch : stretches_) {
    changes.emplace_back(stretch.begin_ns, 1);
    changes.emplace_back(stretch.end_ns, -1);
  }
  std::sort(changes.begin(), changes.end());
  result.begin_ns = changes.front().first;
  result.end_ns = changes.back().first;
  std::size_t at_once = 0;
  std::uint64_t last = result.begin_ns;
  for (const auto& [time, change] : changes) {
    if (at_once >= result.at_once_ns.size()) result.at_once_ns.resize(at_once + 1);
    result.at_once_ns[at_once] += time - last;
    last = time;
    at_once += static_cast<std::size_t>(change);
  }
  const double slice =
      static_cast<double>(result.end_ns - result.begin_ns) / static_cast<double>(slices);
  for (const Stretch& stretch : stretches_) {
    const double begin = static_cast<double>(stretch.begin_ns - result.begin_ns) / slice;
    const double end = static_cast<double>(stretch.end_ns - result.begin_ns) / slice;
    for (auto i = static_cast<std::size_t>(begin); i < slices && static_cast<double>(i) < end;
         ++i) {
      const auto left = static_cast<double>(i);
      result.timeline[i] += std::min(end, left + 1) - std::max(begin, left);
    }
  }
  return result;
}

}  // namespace gordian::tools
