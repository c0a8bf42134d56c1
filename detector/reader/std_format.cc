#include "detector/reader/std_format.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "detector/reader/name_table.h"
#include "detector/reader/std_line.h"
#include "detector/reader/std_rules.h"

namespace gordian::detector {
namespace {

using trace::Event;
using trace::EventType;
using trace::ObjectId;
using trace::SiteId;
using trace::TaskId;
using Take = StdReader::Take;

constexpr TaskId kMain = 1;  // who acts first

constexpr std::size_t kMaxLineBytes = std::size_t{64} << 10;

// Locations that are small numbers need no hashing.
constexpr std::uint32_t kDirectLocations = 1u << 20;

// Whether the text is a decimal number below `limit`, which has at most nine digits.
bool ParseNumber(std::string_view text, std::uint32_t limit, std::uint32_t& number) {
  if (text.size() > 9) return false;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    number = number * 10 + static_cast<std::uint32_t>(c - '0');
  }
  return number < limit;
}

constexpr std::uint32_t kMaxLine = 100'000'000;  // in a location that has one

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// The number of a name that is a field of the line; 0 where it is not known.
std::uint32_t NumberOf(std::string_view name, const StdLine& line, const NameTable& names) {
  return line.IsShort() ? names.FindWithin(name) : names.Find(name);
}

}  // namespace

struct StdReader::State {
  struct Task {
    bool begun = false, ended = false, joined = false;
  };

  absl::Status TakeLine(std::string_view text, Take take);
  absl::Status TakeSplit(const StdLine& line, Take take);
  StdFault TakeOperation(const StdLine& line, Take take);
  std::string WhatIsImpossible(StdFault fault, const StdLine& line) const;
  void Emit(EventType type, std::uint32_t subject, Take take);
  void EmitOrdered(EventType type, ObjectId object, Take take);
  // For those with operands or a text.
  void EmitWith(EventType type, std::uint32_t subject, Take take, std::array<std::uint64_t, 4> args,
                std::string_view name = {});
  TaskId TaskNamed(std::string_view tid, Take take) {
    const TaskId known = tids.Find(tid);
    return known != 0 ? known : NewTask(tid, take);
  }
  TaskId NewTask(std::string_view tid, Take take);
  void Begin(TaskId task, Take take);
  void End(TaskId task, Take take);
  // The object that the line is about.
  ObjectId ObjectOf(const StdLine& line, NameTable& names, std::vector<ObjectId>& ids,
                    trace::ObjectKind kind, Take take) {
    const std::uint32_t known = NumberOf(line.operand, line, names);
    return known != 0 ? ids[known] : NewObject(names, ids, line.operand, kind, take);
  }
  ObjectId NewObject(NameTable& names, std::vector<ObjectId>& ids, std::string_view name,
                     trace::ObjectKind kind, Take take);
  SiteId SiteOf(const StdLine& line, Take take) {
    if (line.number < direct_sites.size() && direct_sites[line.number] != 0) [[likely]]
      return direct_sites[line.number];
    return SiteAt(line.location, take);
  }
  SiteId SiteAt(std::string_view location, Take take);
  SiteId NewSite(std::string_view file, std::uint64_t line, Take take);
  StdFault Fork(const StdLine& line, Take take);
  StdFault Join(const StdLine& line, Take take);
  void EndAll(Take take);

  std::string pending;  // a line that is not whole yet
  std::uint64_t line_number = 0;
  std::uint64_t seq = 0;
  absl::Status status;

  TaskId task = 0;  // of the line in hand
  SiteId site = 0;
  Event event;  // the one in hand; without operands or text between two
  NameTable tids, locks, variables, locations;
  std::vector<Task> tasks{1};
  StdRules rules;
  std::vector<ObjectId> lock_ids{0}, variable_ids{0};  // by number of the name
  std::vector<trace::Version> versions{0};             // by object
  std::vector<SiteId> location_sites{0};               // by number of the name
  std::vector<SiteId> direct_sites;                    // by location
  SiteId sites = 0;
};

void StdReader::State::Emit(EventType type, std::uint32_t subject, Take take) {
  event.type = type;
  event.subject = subject;
  event.site = site;
  event.version = 0;
  event.task = event.actor = event.stream = task;
  event.seq = ++seq;
  event.offset = line_number;
  take(event);
}

void StdReader::State::EmitOrdered(EventType type, ObjectId object, Take take) {
  event.type = type;
  event.subject = object;
  event.site = site;
  event.version = ++versions[object];
  event.task = event.actor = event.stream = task;
  event.seq = ++seq;
  event.offset = line_number;
  take(event);
}

void StdReader::State::EmitWith(EventType type, std::uint32_t subject, Take take,
                                std::array<std::uint64_t, 4> args, std::string_view name) {
  event.args = args;
  event.text = name;
  if (trace::Spec(type).order == trace::Order::kOrdered) {
    EmitOrdered(type, subject, take);
  } else {
    Emit(type, subject, take);
  }
  event.args = {};
  event.text = {};
}

// A new task gets its name, and is a root unless it is being forked.
TaskId StdReader::State::NewTask(std::string_view tid, Take take) {
  const TaskId id = tids.Add(tid);
  tasks.emplace_back();
  if (task == 0) task = id;  // the first line's: nobody else can say its name
  EmitWith(EventType::kTaskName, id, take, {}, tids.Name(id));
  return id;
}

void StdReader::State::Begin(TaskId id, Take take) {
  if (tasks[id].begun) return;
  tasks[id].begun = true;
  task = id;
  EmitWith(EventType::kTaskRun, id, take, {1, 0});
}

void StdReader::State::End(TaskId id, Take take) {
  if (tasks[id].ended) return;
  tasks[id].ended = true;
  const TaskId before = task;
  task = id;
  // Nobody has to join it.
  if (id != kMain && !tasks[id].joined) Emit(EventType::kTaskDetach, id, take);
  Emit(EventType::kTaskEnd, id, take);
  task = before;
}

ObjectId StdReader::State::NewObject(NameTable& names, std::vector<ObjectId>& ids,
                                     std::string_view name, trace::ObjectKind kind, Take take) {
  const std::uint32_t number = names.Add(name);
  const auto id = static_cast<ObjectId>(versions.size());
  versions.push_back(0);
  ids.push_back(id);
  EmitWith(EventType::kObjectBegin, id, take, {static_cast<std::uint64_t>(kind), 0});
  EmitWith(EventType::kObjectName, id, take, {}, names.Name(number));
  return id;
}

SiteId StdReader::State::NewSite(std::string_view file, std::uint64_t line, Take take) {
  if (sites == trace::kMaxSite) return 0;
  site = 0;
  EmitWith(EventType::kSite, ++sites, take, {line, 0}, file);
  return sites;
}

SiteId StdReader::State::SiteAt(std::string_view location, Take take) {
  std::uint32_t number = 0;
  if (ParseNumber(location, kDirectLocations, number)) {
    if (number >= direct_sites.size()) {
      direct_sites.resize(std::max<std::size_t>(number + 1, direct_sites.size() * 2), 0);
    }
    if (direct_sites[number] == 0) direct_sites[number] = NewSite("loc", number, take);
    return direct_sites[number];
  }
  const std::uint32_t known = locations.Find(location);
  if (known != 0) return location_sites[known];
  const std::string_view name = locations.Name(locations.Add(location));
  const std::size_t colon = name.rfind(':');  // "Bank.java:17"
  std::uint32_t line = 0;
  const bool has_line = colon != std::string_view::npos && colon > 0 &&
                        ParseNumber(name.substr(colon + 1), kMaxLine, line);
  location_sites.push_back(has_line ? NewSite(name.substr(0, colon), line, take)
                                    : NewSite(name, 0, take));
  return location_sites.back();
}

StdFault StdReader::State::Fork(const StdLine& line, Take take) {
  const TaskId parent = task;
  const TaskId child = TaskNamed(line.operand, take);
  task = parent;
  const StdFault fault = rules.Fork(child, line_number);
  if (fault != StdFault::kNone) return fault;
  EmitWith(EventType::kTaskSpawn, child, take,
           {static_cast<std::uint64_t>(trace::TaskKind::kThread)}, tids.Name(child));
  return fault;
}

StdFault StdReader::State::Join(const StdLine& line, Take take) {
  const TaskId joiner = task;
  const TaskId child = TaskNamed(line.operand, take);
  const StdFault fault = rules.Join(joiner, child, line_number);
  if (fault == StdFault::kNone) {
    tasks[child].joined = true;
    Begin(child, take);
    End(child, take);
    task = joiner;
    Emit(EventType::kTaskJoin, child, take);
  }
  task = joiner;
  return fault;
}

absl::Status StdReader::State::TakeLine(std::string_view text, Take take) {
  ++line_number;
  if (line_number == 1 && text.starts_with(kByteOrderMark)) text.remove_prefix(3);
  text = WithoutMargins(text);
  if (text.empty() || text.front() == '#') return absl::OkStatus();
  StdLine line;
  if (!Split(text, line)) {
    return absl::InvalidArgumentError(
        absl::StrCat("line ", line_number, ": ", std::string(WhatIsWrong(text, line))));
  }
  return TakeSplit(line, take);
}

absl::Status StdReader::State::TakeSplit(const StdLine& line, Take take) {
  site = 0;
  const TaskId known = NumberOf(line.tid, line, tids);
  task = known != 0 ? known : NewTask(line.tid, take);
  StdFault fault = rules.Act(task, line_number);
  if (fault == StdFault::kNone) {
    Begin(task, take);
    site = SiteOf(line, take);
    fault = TakeOperation(line, take);
  }
  if (fault == StdFault::kNone) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("line ", line_number, ": ", WhatIsImpossible(fault, line)));
}

StdFault StdReader::State::TakeOperation(const StdLine& line, Take take) {
  constexpr auto kLock = trace::ObjectKind::kRecursiveMutex;
  StdFault fault = StdFault::kNone;
  switch (line.op) {
    case StdOp::kAcq: {
      const ObjectId lock = ObjectOf(line, locks, lock_ids, kLock, take);
      fault = rules.Acquire(task, lock, line_number);
      if (fault == StdFault::kNone) EmitOrdered(EventType::kLock, lock, take);
      return fault;
    }
    case StdOp::kRel: {
      const ObjectId lock = ObjectOf(line, locks, lock_ids, kLock, take);
      fault = rules.Release(task, lock);
      if (fault == StdFault::kNone) EmitOrdered(EventType::kUnlock, lock, take);
      return fault;
    }
    case StdOp::kRead:
    case StdOp::kWrite:
      Emit(line.op == StdOp::kRead ? EventType::kRead : EventType::kWrite,
           ObjectOf(line, variables, variable_ids, trace::ObjectKind::kVariable, take), take);
      break;
    case StdOp::kFork:
      return Fork(line, take);
    case StdOp::kJoin:
      return Join(line, take);
    case StdOp::kBegin:
      if (line.operand != line.tid) Emit(EventType::kAtomicallyBegin, 0, take);
      break;
    case StdOp::kEnd:
      if (line.operand == line.tid) {
        rules.End(task, line_number);
        End(task, take);
      } else {
        Emit(EventType::kAtomicallyEnd, 0, take);
      }
      break;
    case StdOp::kNone:
      break;
  }
  return fault;
}

// A line that is well written, and cannot have happened.
std::string StdReader::State::WhatIsImpossible(StdFault fault, const StdLine& line) const {
  const std::string tid(line.tid), operand(line.operand);
  const auto holder = [&] {
    const StdRules::Lock& lock = rules.lock(lock_ids[locks.Find(operand)]);
    if (lock.depth == 0) return std::string("nobody holds");
    return absl::StrCat(tids.Name(lock.holder), " holds since line ", lock.since);
  };
  switch (fault) {
    case StdFault::kHasEnded:
      return absl::StrCat(tid, " acts after its end in line ", rules.task(task).ended);
    case StdFault::kHeld:
      return absl::StrCat(tid, " acquires ", operand, ", which ", holder());
    case StdFault::kNotHeld:
      return absl::StrCat(tid, " releases ", operand, ", which ", holder());
    case StdFault::kThere:
      return absl::StrCat(tid, " forks ", operand, ", which is there since line ",
                          rules.task(tids.Find(operand)).since);
    case StdFault::kJoinsItself:
      return absl::StrCat(tid, " joins itself");
    case StdFault::kNobody:
      return absl::StrCat(tid, " joins ", operand,
                          ", which nobody has forked and which has done nothing");
    case StdFault::kNone:
      break;
  }
  return {};
}

// The format says nothing of ends, and a trace may stop anywhere: everybody who is still there is
// taken to have left its sections and to have ended.
void StdReader::State::EndAll(Take take) {
  site = 0;
  for (ObjectId lock = 0; lock < rules.lock_count(); ++lock) {
    const auto [holder, depth, since] = rules.lock(lock);
    if (depth == 0 || tasks[holder].ended) continue;
    task = holder;
    for (std::uint32_t i = 0; i < depth; ++i) EmitOrdered(EventType::kUnlock, lock, take);
  }
  for (TaskId id = kMain + 1; id < tasks.size(); ++id) {
    Begin(id, take);
    End(id, take);
  }
  task = kMain;
  if (tasks.size() > kMain) {
    EmitWith(EventType::kProcessEnd, 0, take,
             {static_cast<std::uint64_t>(trace::ProcessEndReason::kExit)});
  }
}

StdReader::StdReader() : state_(std::make_unique<State>()) {}
StdReader::~StdReader() = default;

absl::Status StdReader::Feed(std::string_view bytes, Take take) {
  State& s = *state_;
  while (s.status.ok() && !bytes.empty()) {
    if (s.pending.empty() && bytes.size() >= kShortLineBytes) {
      StdLine line;
      if (const char* const next = SplitShort(bytes.data(), line); next != nullptr) {
        ++s.line_number;
        bytes.remove_prefix(static_cast<std::size_t>(next - bytes.data()));
        s.status = s.TakeSplit(line, take);
        continue;
      }
    }
    const std::size_t end = bytes.find('\n');
    std::string_view line = bytes.substr(0, end);
    if (!s.pending.empty() || end == std::string_view::npos) {
      if (s.pending.size() + line.size() > kMaxLineBytes) {
        s.status = absl::InvalidArgumentError(
            absl::StrCat("line ", s.line_number + 1, " is longer than 64 KiB"));
        break;
      }
      s.pending.append(line);
      line = s.pending;
    }
    if (end == std::string_view::npos) break;
    s.status = s.TakeLine(line, take);
    s.pending.clear();
    bytes.remove_prefix(end + 1);
  }
  return s.status;
}

absl::Status StdReader::Finish(Take take) {
  State& s = *state_;
  if (s.status.ok() && !s.pending.empty()) s.status = s.TakeLine(s.pending, take);
  s.pending.clear();
  if (s.status.ok()) s.EndAll(take);
  return s.status;
}

std::uint64_t StdReader::lines() const { return state_->line_number; }
std::uint64_t StdReader::events() const { return state_->seq; }

}  // namespace gordian::detector
