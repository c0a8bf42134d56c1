// Random programs, run and recorded: what the recording says of the end must be what the
// goroutines themselves say, and exactly those that are stuck must be reported.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "detector/pipeline/pipeline.h"
#include "instrument/recorder/recorder.h"
#include "instrument/recorder/session.h"
#include "tests/random/execution.h"
#include "tests/random/program.h"

namespace gordian::testing {
namespace {

using detector::CutKind;
using detector::Finding;
using detector::Model;
using detector::ObjectInfo;
using detector::TaskInfo;
using detector::WaitKind;

constexpr std::uint32_t kTest = 1;

// Outlive every program: the runtime's threads write to the one, stuck goroutines refer to the
// others.
recorder::MemorySink& Sink() {
  static auto& sink = *new recorder::MemorySink;
  return sink;
}
Execution& KeptForEver(const Program& program) {
  static auto& kept = *new std::vector<Execution*>;
  return *kept.emplace_back(new Execution(program));
}

void FeedWhatIsNew(detector::Pipeline& pipeline) {
  Sink().Drain([&](trace::StreamId stream, std::span<const std::uint64_t> words) {
    const absl::Status status = pipeline.Feed(stream, words);
    EXPECT_TRUE(status.ok()) << status;
  });
}

// Runs the program as a test of its own, and feeds what was recorded.
Execution& RunAsTest(const Program& program, detector::Pipeline& pipeline) {
  EXPECT_TRUE(recorder::Start(&Sink()));
  recorder::LocalText(recorder::Log(), trace::EventType::kTestBegin, kTest, 0, "random");
  Execution& execution = KeptForEver(program);
  EXPECT_TRUE(execution.Run()) << "it does not come to rest";
  recorder::Local(recorder::Log(), trace::EventType::kTestEnd, kTest, 0);
  recorder::Stop();
  Execution::Freeze();
  FeedWhatIsNew(pipeline);
  return execution;
}

std::map<std::string, const TaskInfo*> TasksOf(const Model& model) {
  std::map<std::string, const TaskInfo*> tasks;
  for (detector::TaskId id = 1; id <= model.task_count(); ++id) {
    tasks[model.Task(id).name] = &model.Task(id);
  }
  return tasks;
}

// By name; an object that nobody used is not in the trace, and is as new.
std::map<std::string, ObjectInfo> ObjectsOf(const Model& model) {
  std::map<std::string, ObjectInfo> objects;
  for (detector::ObjectId id = 1; id <= model.object_count(); ++id) {
    objects[model.Object(id).name] = model.Object(id);
  }
  return objects;
}

WaitKind WaitOf(const Op& op) {
  switch (op.what) {
    case Do::kLock:
      return WaitKind::kLock;
    case Do::kRLock:
      return WaitKind::kRLock;
    case Do::kSend:
      return WaitKind::kSend;
    case Do::kRecv:
      return WaitKind::kRecv;
    case Do::kWait:
      return WaitKind::kWaitGroup;
    default:
      return WaitKind::kNone;
  }
}

void ExpectSameTask(const Execution& execution, std::size_t goroutine, const Model& model,
                    const TaskInfo& task) {
  EXPECT_EQ(task.ended, execution.Ended(goroutine));
  const Op* op = execution.StuckAt(goroutine);
  EXPECT_EQ(task.wait.kind, op == nullptr ? WaitKind::kNone : WaitOf(*op));
  if (op != nullptr) {
    EXPECT_EQ(model.Object(task.wait.object).name, op->ObjectName());
  }
  std::multiset<std::pair<std::string, bool>> held;
  for (const detector::Hold& hold : task.held) {
    for (std::uint32_t i = 0; i < hold.depth; ++i) {
      held.emplace(model.Object(hold.object).name, hold.shared);
    }
  }
  EXPECT_EQ(held, execution.Held(goroutine));
}

void ExpectSameState(const Execution& execution, const Model& model) {
  const auto tasks = TasksOf(model);
  for (std::size_t g = 0; g < execution.program().goroutines.size(); ++g) {
    const std::string name = "g" + std::to_string(g);
    SCOPED_TRACE(name);
    ASSERT_TRUE(tasks.contains(name));
    ExpectSameTask(execution, g, model, *tasks.at(name));
  }
  auto objects = ObjectsOf(model);
  for (std::size_t c = 0; c < execution.program().capacities.size(); ++c) {
    SCOPED_TRACE("chan " + std::to_string(c));
    const ObjectInfo& channel = objects["chan " + std::to_string(c)];
    EXPECT_EQ(channel.value, execution.Elements(c));
    EXPECT_EQ(channel.closed, execution.Closed(c));
  }
  for (std::size_t w = 0; w < execution.program().groups.size(); ++w) {
    SCOPED_TRACE("group " + std::to_string(w));
    EXPECT_EQ(objects["group " + std::to_string(w)].value, execution.Count(w));
  }
}

// Those who wait for a lock whose holder has ended are told of with the holder's mistake.
bool SaysStuck(const Finding& finding) {
  return finding.verdict == detector::Verdict::kConfirmed && !finding.explains.empty() &&
         (finding.rule.starts_with("deadlock.") || finding.rule == "leak.goroutine" ||
          finding.rule == "misuse.held-at-exit");
}

// The goroutines whose being stuck the findings account for.
std::set<std::string> Reported(const std::vector<Finding>& findings, const Model& model) {
  std::set<std::string> names;
  for (const Finding& finding : findings) {
    if (!SaysStuck(finding)) continue;
    for (const detector::TaskId task : finding.explains) names.insert(model.Task(task).name);
  }
  return names;
}

std::string Told(const std::vector<Finding>& findings) {
  std::string told;
  for (const Finding& finding : findings) {
    told += finding.rule + " (" + std::to_string(static_cast<int>(finding.verdict)) + ") " +
            finding.summary + "\n";
  }
  return told;
}

// Nothing moves any more, so whoever has not ended is stuck, and no operation can be possible.
std::set<std::string> StuckIn(const Execution& execution) {
  std::set<std::string> names;
  for (std::size_t g = 0; g < execution.program().goroutines.size(); ++g) {
    if (execution.Ended(g)) continue;
    const std::string name = "g" + std::to_string(g);
    names.insert(name);
    EXPECT_TRUE(execution.StuckAt(g) != nullptr && !execution.CouldGoOn(g))
        << name << " stands where it could go on";
  }
  return names;
}

// Returns how many goroutines were stuck.
std::size_t Check(std::uint64_t seed, Manners manners) {
  const Program program = MakeProgram(seed, manners);
  SCOPED_TRACE("seed " + std::to_string(seed) + "\n" + program.ToString());
  detector::Pipeline pipeline;
  const Execution& execution = RunAsTest(program, pipeline);
  std::vector<Finding> findings;
  // Half of the programs are judged while they still might be served, too.
  std::vector<CutKind> cuts = {CutKind::kTestEnd};
  if (seed % 2 == 0) cuts.insert(cuts.begin(), CutKind::kStandstill);
  for (const CutKind cut : cuts) {
    auto found = pipeline.Judge(cut, kTest);
    EXPECT_TRUE(found.ok()) << found.status();
    if (found.ok()) findings.insert(findings.end(), found->begin(), found->end());
  }
  EXPECT_TRUE(pipeline.missing().empty());
  ExpectSameState(execution, pipeline.model());
  const std::set<std::string> stuck = StuckIn(execution);
  EXPECT_EQ(Reported(findings, pipeline.model()), stuck) << Told(findings);
  return stuck.size();
}

// Whether it asks for a lock that it holds itself.
bool WaitsForItself(const Execution& execution, std::size_t goroutine) {
  const Op* op = execution.StuckAt(goroutine);
  if (op == nullptr) return false;
  const auto held = execution.Held(goroutine);
  return held.contains({op->ObjectName(), false}) || held.contains({op->ObjectName(), true});
}

// deadlock.global says it all; where goroutines wait for themselves and nothing else goes in a
// circle, those are what is told of instead.
void ExpectOneDeadlock(const std::vector<Finding>& findings, const Execution& execution) {
  std::map<std::string, std::size_t> rules;
  for (const Finding& finding : findings) {
    if (SaysStuck(finding)) ++rules[finding.rule];
  }
  std::size_t selfish = 0;
  for (std::size_t g = 0; g < execution.program().goroutines.size(); ++g) {
    selfish += WaitsForItself(execution, g) ? 1 : 0;
  }
  const bool all = rules == std::map<std::string, std::size_t>{{"deadlock.global", 1}};
  const bool self = selfish > 0 && rules.size() == 1 && rules["deadlock.self"] == selfish;
  EXPECT_TRUE(all || self) << Told(findings);
}

// Runs the program while main waits too: all together can never go on.
void CheckHung(std::uint64_t seed, Manners manners) {
  const Program program = MakeProgram(seed, manners);
  SCOPED_TRACE("seed " + std::to_string(seed) + "\n" + program.ToString());
  detector::Pipeline pipeline;
  EXPECT_TRUE(recorder::Start(&Sink()));
  Execution& execution = KeptForEver(program);
  std::vector<Finding> findings;
  execution.RunWhileMainWaits([&] {
    // Twice, since one thread may have written more after its buffer was read.
    FeedWhatIsNew(pipeline);
    FeedWhatIsNew(pipeline);
    auto found = pipeline.Judge(CutKind::kStandstill);
    EXPECT_TRUE(found.ok()) << found.status();
    if (found.ok()) findings = *std::move(found);
    EXPECT_TRUE(pipeline.IsHung());
    ExpectSameState(execution, pipeline.model());
  });
  recorder::Stop();
  Execution::Freeze();
  FeedWhatIsNew(pipeline);  // nobody reads it, but the next program begins with an empty sink
  std::set<std::string> stuck = StuckIn(execution);
  stuck.insert("");  // main, which nobody has named
  EXPECT_EQ(Reported(findings, pipeline.model()), stuck) << Told(findings);
  ExpectOneDeadlock(findings, execution);
}

TEST(RandomPrograms, TheRecordingSaysWhatTheGoroutinesSay) {
  int with_stuck = 0;
  for (std::uint64_t seed = 1; seed <= 600 && !HasFailure(); ++seed) {
    with_stuck += Check(seed, Manners::kAny) != 0 ? 1 : 0;
  }
  EXPECT_GT(with_stuck, 100);  // else nothing much was compared
}

TEST(RandomPrograms, AWaitingMainIsInOneDeadlockWithAllThatAreStuck) {
  for (std::uint64_t seed = 2001; seed <= 2200 && !HasFailure(); ++seed) {
    CheckHung(seed, seed % 4 == 0 ? Manners::kOrderly : Manners::kAny);
  }
}

TEST(RandomPrograms, NobodyIsReportedWhereNobodyCanGetStuck) {
  for (std::uint64_t seed = 1001; seed <= 1200 && !HasFailure(); ++seed) {
    EXPECT_EQ(Check(seed, Manners::kOrderly), 0u);
  }
}

}  // namespace
}  // namespace gordian::testing
