// Random programs, run and recorded: what the recording says of the end must be what the
// goroutines themselves say, and exactly those that are stuck must be reported.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

// Runs the program as a test of its own, and feeds what was recorded.
Execution& RunRecorded(const Program& program, detector::Pipeline& pipeline) {
  static auto& sink = *new recorder::MemorySink;  // threads of the runtime outlive the test
  static auto& executions = *new std::vector<Execution*>;  // stuck goroutines refer to theirs
  EXPECT_TRUE(recorder::Start(&sink));
  recorder::LocalText(recorder::Log(), trace::EventType::kTestBegin, kTest, 0, "random");
  Execution& execution = *executions.emplace_back(new Execution(program));
  EXPECT_TRUE(execution.Run()) << "it does not come to rest";
  recorder::Local(recorder::Log(), trace::EventType::kTestEnd, kTest, 0);
  recorder::Stop();
  Execution::Freeze();
  sink.Drain([&](trace::StreamId stream, std::span<const std::uint64_t> words) {
    const absl::Status status = pipeline.Feed(stream, words);
    EXPECT_TRUE(status.ok()) << status;
  });
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
  return finding.verdict == detector::Verdict::kConfirmed &&
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
  const Execution& execution = RunRecorded(program, pipeline);
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

TEST(RandomPrograms, TheRecordingSaysWhatTheGoroutinesSay) {
  int with_stuck = 0;
  for (std::uint64_t seed = 1; seed <= 600 && !HasFailure(); ++seed) {
    with_stuck += Check(seed, Manners::kAny) != 0 ? 1 : 0;
  }
  EXPECT_GT(with_stuck, 100);  // else nothing much was compared
}

TEST(RandomPrograms, NobodyIsReportedWhereNobodyCanGetStuck) {
  for (std::uint64_t seed = 1001; seed <= 1200 && !HasFailure(); ++seed) {
    EXPECT_EQ(Check(seed, Manners::kOrderly), 0u);
  }
}

}  // namespace
}  // namespace gordian::testing
