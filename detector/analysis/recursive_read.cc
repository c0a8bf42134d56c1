#include "detector/analysis/recursive_read.h"

#include <algorithm>
#include <span>

#include "absl/strings/str_cat.h"
#include "detector/analysis/describe.h"

namespace gordian::detector {
namespace {

using Instance = AbstractAcquire::Instance;

constexpr std::size_t kWriters = 32;  // looked at, per recursive read

// The write sections of `writer` that no gate keeps out of the reader's.
std::vector<Instance> Writes(const LockTrace& trace, TaskId writer, const AbstractAcquire& read) {
  std::vector<Instance> writes;
  const std::span<const Acquire> acquires = trace.Acquires(writer);
  for (const Acquire& acquire : acquires) {
    if (acquire.lock != read.lock || acquire.shared != 0) continue;
    std::vector<HeldMode> held;
    for (auto i = acquire.outer; i != kNoAcquire; i = acquires[i].outer) {
      if (acquires[i].released > acquire.at) {
        held.push_back({acquires[i].lock, acquires[i].shared != 0});
      }
    }
    if (!HaveGate(held, read.held)) writes.push_back({acquire.at, acquire.site, acquire.outer});
  }
  return writes;
}

// The read lock that was held when `second` was asked for.
Acquire FirstRead(const LockTrace& trace, const AbstractAcquire& read, const Instance& second) {
  const std::span<const Acquire> acquires = trace.Acquires(read.task);
  auto index = second.outer;
  while (index != kNoAcquire && acquires[index].lock != read.lock) index = acquires[index].outer;
  return index == kNoAcquire ? Acquire{} : acquires[index];
}

// Against one writer; nothing where they are never concurrent.
std::optional<RecursiveRead> Against(const AbstractAcquire& read, TaskId writer,
                                     const LockTrace& trace, Predictor& predictor) {
  const std::vector<Instance> writes = Writes(trace, writer, read);
  if (writes.empty()) return std::nullopt;
  Pattern pattern(2);
  pattern[0].task = read.task;
  pattern[0].instances = read.instances;
  pattern[1].task = writer;
  pattern[1].instances = writes;
  const Obstacle obstacle = predictor.Predict(pattern);
  // What is ordered each time, by a start, an end, a message or a wait, is not concurrent.
  if (obstacle == Obstacle::kSpawnJoin || obstacle == Obstacle::kFlow) return std::nullopt;
  const Instance& second = pattern[0].instance();
  return RecursiveRead{.reader = read.task,
                       .writer = writer,
                       .lock = read.lock,
                       .first = FirstRead(trace, read, second),
                       .second = second,
                       .write = pattern[1].instance(),
                       .obstacle = obstacle};
}

}  // namespace

std::vector<RecursiveRead> RecursiveReads::Find(const LockTrace& trace, const LockGraph& graph,
                                                Predictor& predictor, const Model& model) {
  std::vector<RecursiveRead> found;
  for (std::uint32_t index = 0; index < graph.acquires().size(); ++index) {
    const AbstractAcquire& read = graph.acquire(index);
    const HeldMode* held = read.Holding(read.lock);
    if (!read.shared || held == nullptr || !held->shared || done_.contains(index)) continue;
    const ObjectInfo& lock = model.Object(read.lock);
    if (lock.kind != trace::ObjectKind::kRWMutex || lock.foreign_unlock) continue;
    std::optional<RecursiveRead> best;
    std::size_t writers = 0;
    for (const LockSections::User& user : predictor.sections().UsersOf(read.lock)) {
      if (user.task == read.task || user.writes.empty() || ++writers > kWriters) continue;
      auto against = Against(read, user.task, trace, predictor);
      if (!against.has_value()) continue;
      if (!best.has_value() || against->obstacle == Obstacle::kNone) best = std::move(against);
      if (best->obstacle == Obstacle::kNone) break;
    }
    if (!best.has_value()) continue;
    done_.insert(index);
    found.push_back(*std::move(best));
  }
  return found;
}

namespace {

std::vector<std::string> Reasons(const RecursiveRead& read, const std::string& lock) {
  std::vector<std::string> reasons = {
      absl::StrCat(lock,
                   " lets no new reader in while a writer waits: the writer would wait for "
                   "the first read lock, the second read lock for the writer.")};
  switch (read.obstacle) {
    case Obstacle::kNone:
      reasons.push_back(
          "This run can be reordered so that the writer asks in between: every task does, reads "
          "and "
          "receives the same, and each lock's sections keep their order.");
      break;
    case Obstacle::kSections:
      reasons.push_back(
          "To meet, critical sections of some lock would have to change their order in this run.");
      break;
    default:
      reasons.push_back("The trace is too large to look for a schedule.");
  }
  return reasons;
}

}  // namespace

Finding DescribeRecursiveRead(const RecursiveRead& read, const Cut& cut, const Model& model) {
  const std::string lock = model.ObjectName(read.lock);
  const std::string reader = Quoted(model, read.reader), writer = Quoted(model, read.writer);
  const bool predicted = read.obstacle == Obstacle::kNone;
  Finding finding;
  finding.rule = "deadlock.self";
  finding.verdict = predicted ? Verdict::kPredicted : Verdict::kSuspected;
  finding.test = cut.test;
  finding.title = absl::StrCat(reader, " read-locks ", lock, " twice, and ", writer,
                               " can ask to write in between");
  finding.summary = absl::StrCat(reader, " read-locks ", lock,
                                 " while it holds a read lock on it already. No writer was in "
                                 "between this time; when ",
                                 writer, " asks for the write lock just then, both wait for ever.");
  finding.picture = {{reader, "waits behind", writer}, {writer, "waits for", reader}};
  TaskPart reads = DescribeTask(model, read.reader);
  reads.held = {{.object = read.lock, .shared = true, .site = read.first.site}};
  reads.is_waiting = false;
  reads.at = read.second.site;
  reads.what = absl::StrCat("read-locks ", lock, " again");
  TaskPart writes = DescribeTask(model, read.writer);
  writes.held.clear();
  writes.is_waiting = false;
  writes.at = read.write.site;
  writes.what = absl::StrCat("write-locks ", lock);
  finding.tasks = {std::move(reads), std::move(writes)};
  finding.objects = {DescribeObject(model, read.lock)};
  finding.reasons = Reasons(read, lock);
  finding.advice = {absl::StrCat(
      "Read-lock ", lock,
      " once: give the inner function a variant that expects the lock to be held already.")};
  const Evidence first{read.first.at, read.reader, read.first.site,
                       absl::StrCat("read-locks ", lock)};
  const Evidence again{read.second.at, read.reader, read.second.site,
                       absl::StrCat("read-locks ", lock, " again")};
  const Evidence write{read.write.at, read.writer, read.write.site,
                       absl::StrCat("asks for the write lock of ", lock)};
  finding.evidence = {first, again, write};
  if (predicted) finding.schedule = {first, write, again};
  finding.identity = {"recursive read", model.Object(read.lock).name};
  finding.identity_sites = {read.first.site, read.second.site};
  return finding;
}

}  // namespace gordian::detector
