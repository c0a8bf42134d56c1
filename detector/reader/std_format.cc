#include "detector/reader/std_format.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "detector/reader/name_table.h"

namespace gordian::detector {
namespace {

using trace::Event;
using trace::EventType;
using trace::ObjectId;
using trace::SiteId;
using trace::TaskId;
using Take = StdReader::Take;

constexpr std::size_t kMaxLineBytes = std::size_t{64} << 10;

// Locations that are small numbers need no hashing.
constexpr std::uint32_t kDirectLocations = 1u << 20;

enum class Op : std::uint8_t { kNone, kAcq, kRel, kRead, kWrite, kFork, kJoin, kBegin, kEnd };

Op OpNamed(std::string_view name) {
  switch (name.size()) {
    case 1:
      return name[0] == 'r' ? Op::kRead : name[0] == 'w' ? Op::kWrite : Op::kNone;
    case 3:
      if (name == "acq") return Op::kAcq;
      if (name == "rel") return Op::kRel;
      return name == "end" ? Op::kEnd : Op::kNone;
    case 4:
      if (name == "fork") return Op::kFork;
      return name == "join" ? Op::kJoin : Op::kNone;
    case 5:
      return name == "begin" ? Op::kBegin : Op::kNone;
    default:
      return Op::kNone;
  }
}

// One line, taken apart.
struct Line {
  std::string_view tid, operand, location;
  Op op = Op::kNone;
};

// What is wrong with a line that Split() refuses.
std::string_view WhatIsWrong(std::string_view text, const Line& line) {
  const std::size_t first = text.find('|');
  if (first == std::string_view::npos) return "there is no `|`: a line is tid|op(operand)|loc";
  const std::size_t last = text.rfind('|');
  if (last == first) return "there is only one `|`: a line is tid|op(operand)|loc";
  const std::string_view middle = text.substr(first + 1, last - first - 1);
  if (first == 0) return "the tid is missing";
  if (last + 1 == text.size()) return "the location is missing";
  if (middle.find('(') == std::string_view::npos || middle.back() != ')') {
    return "the operation is not op(operand)";
  }
  if (line.op == Op::kNone) {
    return "the operation is none of acq, rel, r, w, fork, join, begin, end";
  }
  return "the operand is missing";
}

// Takes a line apart. The bounds are the first and the last bar, and the outermost brackets
// between them, so that operands may hold bars and brackets of their own. The fields are
// short: loops are faster than calls.
bool Split(std::string_view text, Line& line) {
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const char* bar = begin;
  while (bar != end && *bar != '|') ++bar;
  if (bar == begin || bar == end) return false;
  line.tid = {begin, bar};
  const char* last = end - 1;
  while (*last != '|') --last;
  if (last == bar || last == end - 1) return false;
  line.location = {last + 1, end};
  const char* open = bar + 1;
  while (open != last && *open != '(') ++open;
  if (open == last || last[-1] != ')') return false;
  line.op = OpNamed({bar + 1, open});
  line.operand = {open + 1, last - 1};
  const bool may_be_empty = line.op == Op::kBegin || line.op == Op::kEnd;
  return line.op != Op::kNone && (may_be_empty || !line.operand.empty());
}

}  // namespace

struct StdReader::State {
  struct Task {
    std::uint32_t holds = 0;
    bool begun = false, ended = false, joined = false;
  };

  absl::Status TakeLine(std::string_view text, Take take);
  void Emit(EventType type, std::uint32_t subject, Take take,
            std::array<std::uint64_t, 4> args = {}, std::string_view name = {});
  void EmitOrdered(EventType type, ObjectId object, Take take,
                   std::array<std::uint64_t, 4> args = {});
  TaskId TaskNamed(std::string_view tid, Take take);
  void Begin(TaskId task, Take take);
  void End(TaskId task, Take take);
  ObjectId ObjectNamed(NameTable& names, std::vector<ObjectId>& ids, std::string_view name,
                       trace::ObjectKind kind, Take take);
  SiteId SiteAt(std::string_view location, Take take);
  SiteId NewSite(std::string_view file, std::uint64_t line, Take take);
  void Fork(const Line& line, Take take);
  void Join(const Line& line, Take take);
  void EndAll(Take take);

  std::string pending;  // a line that is not whole yet
  std::uint64_t line_number = 0;
  std::uint64_t seq = 0;
  absl::Status status;

  TaskId task = 0;  // of the line in hand
  SiteId site = 0;
  std::string last_tid;
  TaskId last_task = 0;
  NameTable tids, locks, variables, locations;
  std::vector<Task> tasks{1};
  std::vector<ObjectId> lock_ids{0}, variable_ids{0};  // by number of the name
  std::vector<trace::Version> versions{0};             // by object
  std::vector<SiteId> location_sites{0};               // by number of the name
  std::vector<SiteId> direct_sites;                    // by location
  SiteId sites = 0;
};

void StdReader::State::Emit(EventType type, std::uint32_t subject, Take take,
                            std::array<std::uint64_t, 4> args, std::string_view name) {
  Event event;
  event.type = type;
  event.subject = subject;
  event.site = site;
  event.args = args;
  event.text = name;
  event.task = event.actor = event.stream = task;
  event.seq = ++seq;
  event.offset = line_number;
  take(event);
}

void StdReader::State::EmitOrdered(EventType type, ObjectId object, Take take,
                                   std::array<std::uint64_t, 4> args) {
  Event event;
  event.type = type;
  event.subject = object;
  event.site = site;
  event.version = ++versions[object];
  event.args = args;
  event.task = event.actor = event.stream = task;
  event.seq = ++seq;
  event.offset = line_number;
  take(event);
}

// The task of a tid: a new one gets its name, and is a root unless it is being forked.
TaskId StdReader::State::TaskNamed(std::string_view tid, Take take) {
  if (tid == last_tid) return last_task;
  TaskId id = tids.Find(tid);
  if (id == 0) {
    id = tids.Add(tid);
    tasks.emplace_back();
    Emit(EventType::kTaskName, id, take, {}, tids.Name(id));
  }
  last_tid = tid;
  last_task = id;
  return id;
}

void StdReader::State::Begin(TaskId id, Take take) {
  if (tasks[id].begun) return;
  tasks[id].begun = true;
  task = id;
  Emit(EventType::kTaskRun, id, take, {1, 0});
}

void StdReader::State::End(TaskId id, Take take) {
  if (tasks[id].ended) return;
  tasks[id].ended = true;
  const TaskId before = task;
  task = id;
  Emit(EventType::kTaskEnd, id, take);
  task = before;
}

ObjectId StdReader::State::ObjectNamed(NameTable& names, std::vector<ObjectId>& ids,
                                       std::string_view name, trace::ObjectKind kind, Take take) {
  const std::uint32_t known = names.Find(name);
  if (known != 0) return ids[known];
  const std::uint32_t number = names.Add(name);
  const auto id = static_cast<ObjectId>(versions.size());
  versions.push_back(0);
  ids.push_back(id);
  EmitOrdered(EventType::kObjectBegin, id, take, {static_cast<std::uint64_t>(kind), 0});
  Emit(EventType::kObjectName, id, take, {}, names.Name(number));
  return id;
}

SiteId StdReader::State::NewSite(std::string_view file, std::uint64_t line, Take take) {
  if (sites == trace::kMaxSite) return 0;
  site = 0;
  Emit(EventType::kSite, ++sites, take, {line, 0}, file);
  return sites;
}

SiteId StdReader::State::SiteAt(std::string_view location, Take take) {
  std::uint64_t number = 0;
  const char* const end = location.data() + location.size();
  const auto [stop, error] = std::from_chars(location.data(), end, number);
  if (error == std::errc{} && stop == end && number < kDirectLocations) {
    if (number >= direct_sites.size()) {
      direct_sites.resize(std::max<std::size_t>(number + 1, direct_sites.size() * 2), 0);
    }
    if (direct_sites[number] == 0) direct_sites[number] = NewSite("loc", number, take);
    return direct_sites[number];
  }
  const std::uint32_t known = locations.Find(location);
  if (known != 0) return location_sites[known];
  location_sites.push_back(NewSite(locations.Name(locations.Add(location)), 0, take));
  return location_sites.back();
}

void StdReader::State::Fork(const Line& line, Take take) {
  const TaskId parent = task;
  const TaskId child = TaskNamed(line.operand, take);
  task = parent;
  Emit(EventType::kTaskSpawn, child, take, {static_cast<std::uint64_t>(trace::TaskKind::kThread)},
       tids.Name(child));
}

void StdReader::State::Join(const Line& line, Take take) {
  const TaskId joiner = task;
  const TaskId child = TaskNamed(line.operand, take);
  if (tasks[child].begun) End(child, take);
  task = joiner;
  tasks[child].joined = true;
  Emit(EventType::kTaskJoin, child, take);
}

absl::Status StdReader::State::TakeLine(std::string_view text, Take take) {
  ++line_number;
  if (text.ends_with('\r')) text.remove_suffix(1);
  if (text.empty()) return absl::OkStatus();
  Line line;
  if (!Split(text, line)) {
    return absl::InvalidArgumentError(
        absl::StrCat("line ", line_number, ": ", std::string(WhatIsWrong(text, line))));
  }
  site = 0;
  task = TaskNamed(line.tid, take);
  Begin(task, take);
  site = SiteAt(line.location, take);
  switch (line.op) {
    case Op::kAcq:
      ++tasks[task].holds;
      EmitOrdered(
          EventType::kLock,
          ObjectNamed(locks, lock_ids, line.operand, trace::ObjectKind::kRecursiveMutex, take),
          take);
      break;
    case Op::kRel:
      tasks[task].holds -= tasks[task].holds != 0;
      EmitOrdered(
          EventType::kUnlock,
          ObjectNamed(locks, lock_ids, line.operand, trace::ObjectKind::kRecursiveMutex, take),
          take);
      break;
    case Op::kRead:
    case Op::kWrite:
      Emit(line.op == Op::kRead ? EventType::kRead : EventType::kWrite,
           ObjectNamed(variables, variable_ids, line.operand, trace::ObjectKind::kVariable, take),
           take);
      break;
    case Op::kFork:
      Fork(line, take);
      break;
    case Op::kJoin:
      Join(line, take);
      break;
    case Op::kBegin:
      if (line.operand != line.tid) Emit(EventType::kAtomicallyBegin, 0, take);
      break;
    case Op::kEnd:
      if (line.operand == line.tid) {
        End(task, take);
      } else {
        Emit(EventType::kAtomicallyEnd, 0, take);
      }
      break;
    case Op::kNone:
      break;
  }
  return absl::OkStatus();
}

// The format says nothing of ends: who holds nothing is taken to have ended.
void StdReader::State::EndAll(Take take) {
  constexpr TaskId kMain = 1;
  site = 0;
  task = kMain;
  for (TaskId id = kMain + 1; id < tasks.size(); ++id) {
    if (!tasks[id].joined) Emit(EventType::kTaskDetach, id, take);
    if (tasks[id].begun && tasks[id].holds == 0) End(id, take);
  }
  if (tasks.size() > kMain) {
    Emit(EventType::kProcessEnd, 0, take,
         {static_cast<std::uint64_t>(trace::ProcessEndReason::kExit)});
  }
}

StdReader::StdReader() : state_(std::make_unique<State>()) {}
StdReader::~StdReader() = default;

absl::Status StdReader::Feed(std::string_view bytes, Take take) {
  State& s = *state_;
  while (s.status.ok() && !bytes.empty()) {
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
