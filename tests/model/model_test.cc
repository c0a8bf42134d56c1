#include "detector/model/model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "detector/model/paged_table.h"
#include "detector/model/task_queue.h"
#include "tests/analysis/trace_builder.h"

namespace gordian::detector {
namespace {

using testing::Case;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using testing::TaskTrace;
using testing::TraceBuilder;
using trace::EventType;
using trace::ObjectKind;

void Play(const TraceBuilder& t, Model& model) {
  for (const trace::Event& event : t.events()) model.Apply(event);
}

TEST(ModelFacts, WhoHoldsAndWhoWaits) {
  TraceBuilder t;
  const ObjectId a = t.Mutex("A");
  TaskTrace x = t.Task("x"), y = t.Task("y");
  x.At(18).Lock(a);
  y.At(19).WantsLock(a);
  Model model;
  Play(t, model);
  ASSERT_THAT(model.Task(x.id()).held, SizeIs(1));
  EXPECT_EQ(model.Task(x.id()).held[0].site, 18u);
  EXPECT_EQ(model.Task(y.id()).wait.kind, WaitKind::kLock);
  EXPECT_EQ(model.Task(y.id()).wait.site, 19u);
  EXPECT_THAT(model.Object(a).holders, ElementsAre(x.id()));
  EXPECT_THAT(model.Object(a).waiters, ElementsAre(y.id()));
  EXPECT_THAT(model.Object(a).users, ElementsAre(x.id(), y.id()));
}

TEST(ModelFacts, AHandoverMovesTheLock) {
  TraceBuilder t;
  const ObjectId a = t.Mutex("A");
  TaskTrace x = t.Task("x"), y = t.Task("y");
  x.Lock(a);
  y.WantsLock(a);
  x.Unlock(a).For(y).Lock(a);
  Model model;
  Play(t, model);
  EXPECT_FALSE(model.Task(y.id()).wait);
  EXPECT_THAT(model.Object(a).holders, ElementsAre(y.id()));
  EXPECT_THAT(model.Object(a).waiters, IsEmpty());
  EXPECT_FALSE(model.Object(a).foreign_unlock);
}

TEST(ModelFacts, AThreadOfTheLibrarySaysWhatItIs) {
  TraceBuilder t;
  constexpr TaskId kTimers = 2;
  t.Append(0, EventType::kTaskSpawn, kTimers,
           {static_cast<std::uint64_t>(trace::TaskKind::kInternal)});
  t.Append(kTimers, EventType::kTaskRun, kTimers, {1, 500});
  Model model;
  Play(t, model);
  EXPECT_EQ(model.Task(kTimers).kind, trace::TaskKind::kInternal);
  EXPECT_EQ(model.Task(kTimers).parent, 0u);
}

TEST(ModelFacts, AReadyThatIsPlacedAfterTheRunItLedToIsOver) {
  TraceBuilder t;
  TaskTrace x = t.Task("x");
  const auto run_at = [&](std::uint64_t run, std::uint64_t ns) {
    t.Append(x.id(), EventType::kTaskRun, x.id(), {run, ns});
  };
  run_at(2, 500);
  t.Append(1, EventType::kTaskReady, x.id(), {400});
  Model model;
  Play(t, model);
  EXPECT_EQ(model.Task(x.id()).ready_since, 0u);
  trace::Event again = t.events().back();
  again.args[0] = 600;
  model.Apply(again);
  EXPECT_EQ(model.Task(x.id()).ready_since, 600u);
}

TEST(ModelFacts, AnUnlockByAnotherTaskMakesItASignal) {
  TraceBuilder t;
  const ObjectId a = t.Mutex("A");
  TaskTrace x = t.Task("x"), y = t.Task("y");
  x.Lock(a);
  y.Unlock(a);
  Model model;
  Play(t, model);
  EXPECT_TRUE(model.Object(a).foreign_unlock);
  EXPECT_THAT(model.Task(x.id()).held, IsEmpty());
}

TEST(ModelFacts, RecursiveLocksCountAndReadersAreListedOnce) {
  TraceBuilder t;
  const ObjectId m = t.Object(ObjectKind::kRecursiveMutex, "m");
  const ObjectId rw = t.RWMutex("rw");
  TaskTrace x = t.Task("x");
  x.Lock(m).Lock(m).Unlock(m).RLock(rw).RLock(rw).RUnlock(rw);
  Model model;
  Play(t, model);
  ASSERT_THAT(model.Task(x.id()).held, SizeIs(2));
  EXPECT_EQ(model.Task(x.id()).held[0].depth, 1u);
  EXPECT_TRUE(model.Task(x.id()).held[1].shared);
  EXPECT_THAT(model.Object(rw).holders, ElementsAre(x.id()));
}

TEST(ModelFacts, ASelectWaitsOnAllItsChannelsUntilOneIsTaken) {
  TraceBuilder t;
  const ObjectId a = t.Chan("a"), b = t.Chan("b");
  TaskTrace x = t.Task("x"), y = t.Task("y");
  x.SelectBlocks({Case::Recv(a), Case::Send(b)});
  {
    Model model;
    Play(t, model);
    EXPECT_THAT(model.Task(x.id()).wait.cases, SizeIs(2));
    EXPECT_THAT(model.Object(b).waiters, ElementsAre(x.id()));
  }
  y.SendTo(x, a);
  Model model;
  Play(t, model);
  EXPECT_FALSE(model.Task(x.id()).wait);
  EXPECT_THAT(model.Object(b).waiters, IsEmpty());
  EXPECT_EQ(model.Object(a).value, 0);
}

TEST(ModelFacts, TasksSpawnedInATestBelongToIt) {
  TraceBuilder t;
  t.TestBegin(3, "Bank.Transfer");
  TaskTrace x = t.Task("x");
  t.TestEnd(3);
  t.TestBegin(4, "Bank.Close");
  TaskTrace y = x.Go("y");
  TaskTrace z = t.Task("z");
  Model model;
  Play(t, model);
  EXPECT_EQ(model.Task(y.id()).test, 3u);
  EXPECT_EQ(model.Task(z.id()).test, 4u);
  EXPECT_EQ(model.TestName(3), "Bank.Transfer");
}

TEST(ModelFacts, NamesArePlainWhereNoneWasGiven) {
  TraceBuilder t;
  const ObjectId a = t.Mutex("");
  TaskTrace x = t.Main().Go("");
  Model model;
  Play(t, model);
  EXPECT_EQ(model.TaskName(1), "main");
  EXPECT_EQ(model.TaskName(x.id()), "goroutine 2");
  EXPECT_EQ(model.ObjectName(a), "mutex 1");
}

TEST(ModelFacts, ATickerStaysArmedATimerFires) {
  TraceBuilder t;
  const ObjectId timer = t.Object(ObjectKind::kTimer, "timer");
  const ObjectId ticker = t.Object(ObjectKind::kTicker, "ticker");
  TaskTrace main = t.Main();
  main.On(EventType::kTimerSet, timer, {5}).On(EventType::kTimerSet, ticker, {5});
  main.On(EventType::kTimerFire, timer).On(EventType::kTimerFire, ticker);
  Model model;
  Play(t, model);
  EXPECT_THAT(model.armed_timers(), ElementsAre(ticker));
}

TEST(ModelFacts, AbsurdIdsAndEventsOutOfPlaceAreSurvived) {
  TraceBuilder t;
  TaskTrace main = t.Main();
  main.Unlock(7).RUnlock(8).Recv(9).On(EventType::kLock, 4'000'000'000u);
  main.Join(TaskTrace(t, 4'000'000'000u))
      .SelectEnd(3)
      .OnceEnd(10)
      .On(EventType::kBarrierDepart, 11);
  main.On(EventType::kLock, 0).On(EventType::kChanRecvRequest, 0);
  Model model;
  Play(t, model);
  EXPECT_EQ(model.Task(1).wait.kind, WaitKind::kNilChan);
  EXPECT_EQ(model.Task(77).id, 0u);
}

TEST(ModelFacts, OpenTasksAreThoseThatLiveOrWaitForTheirJoin) {
  TraceBuilder t;
  TaskTrace main = t.Main();
  TaskTrace lives = t.Task("lives"), ended = t.Task("ended");
  TaskTrace left = t.Thread("left"), joined = t.Thread("joined"), detached = t.Thread("detached");
  for (TaskTrace task : {ended, left, joined, detached}) task.End();
  main.Join(joined);
  t.Append(1, EventType::kTaskDetach, detached.id());
  Model model;
  Play(t, model);
  EXPECT_THAT(model.open_tasks(), ElementsAre(1u, lives.id(), left.id()));
}

// What ten thousand tests leave behind is not looked at again with each of them.
TEST(ModelFacts, TasksThatAreOverCostNothingAtACut) {
  TraceBuilder t;
  for (int i = 0; i < 10'000; ++i) t.Task("").End();
  Model model;
  Play(t, model);
  EXPECT_THAT(model.open_tasks(), ElementsAre(1u));
}

TEST(ModelFacts, OfManyUsersThoseWhoEndedAreCounted) {
  constexpr std::uint32_t kMany = 5'000;
  TraceBuilder t;
  const ObjectId mu = t.Mutex("mu");
  TaskTrace lives = t.Task("lives");
  lives.Lock(mu).Unlock(mu);
  for (std::uint32_t i = 0; i < kMany; ++i) t.Task("").Lock(mu).Unlock(mu).End();
  Model model;
  Play(t, model);
  const ObjectInfo& object = model.Object(mu);
  EXPECT_EQ(object.users.front(), lives.id());
  EXPECT_LT(object.users.size(), 300u);
  EXPECT_EQ(object.used_at.size(), object.users.size());
  EXPECT_EQ(object.users.size() + object.gone_users, kMany + 1);
}

TEST(ModelFacts, WhatOneTaskHasUsedAloneIsForgottenAtItsEnd) {
  TraceBuilder t;
  const ObjectId alone = t.Mutex("alone"), shared = t.Mutex("shared"), held = t.Mutex("held");
  TaskTrace x = t.Task("x"), y = t.Task("y");
  x.Lock(alone).Unlock(alone).On(EventType::kObjectEnd, alone);
  y.Lock(shared).Unlock(shared);
  x.Lock(shared).Unlock(shared).On(EventType::kObjectEnd, shared);
  x.Lock(held).On(EventType::kObjectEnd, held);
  Model model;
  Play(t, model);
  EXPECT_EQ(model.Object(alone).kind, ObjectKind::kUnknown);
  EXPECT_EQ(model.Object(shared).name, "shared");
  EXPECT_TRUE(model.Object(shared).ended);
  EXPECT_EQ(model.Object(held).name, "held");
}

TEST(ModelFacts, VariablesThatAreMadeAlikeAreStillToldApart) {
  TraceBuilder t;
  const ObjectId one = t.Variable(""), other = t.Variable(""), named = t.Variable("total");
  const ObjectId lock = t.Mutex("mu");
  TaskTrace x = t.Task("x");
  x.Write(one).On(EventType::kObjectEnd, one).Read(one);  // accesses are not ordered
  x.Write(named);
  Model model;
  Play(t, model);
  for (const ObjectId id : {one, other, named}) {
    EXPECT_EQ(model.Object(id).kind, ObjectKind::kVariable);
    EXPECT_EQ(model.Object(id).creator, 1u);
    EXPECT_EQ(model.Object(id).detail, 8u);
  }
  EXPECT_EQ(model.ObjectName(one), "variable 1");
  EXPECT_EQ(model.ObjectName(other), "variable 2");
  EXPECT_EQ(model.ObjectName(named), "total");
  EXPECT_EQ(model.object_count(), lock);
}

TEST(ModelFacts, AnIdMayComeAgainAfterItsEnd) {
  TraceBuilder t;
  TaskTrace x = t.Task("x");
  std::vector<ObjectId> ids;
  for (int i = 0; i < 64; ++i) ids.push_back(t.Mutex(""));
  for (const ObjectId id : ids) x.Lock(id).Unlock(id).On(EventType::kObjectEnd, id);
  for (const ObjectId id : ids) x.Lock(id);
  Model model;
  Play(t, model);
  for (const ObjectId id : ids) EXPECT_THAT(model.Object(id).holders, ElementsAre(x.id()));
}

TEST(PagedTableOfFacts, GivesBackWhatIsForgotten) {
  PagedTable<std::vector<int>> table;
  for (std::uint32_t id = 0; id < 64; ++id) table.At(id)->push_back(1);
  table.Forget(40);
  EXPECT_THAT(*table.Find(40), IsEmpty());
  EXPECT_THAT(*table.Find(41), ElementsAre(1));
  for (std::uint32_t id = 16; id < 32; ++id) table.Forget(id);
  EXPECT_EQ(table.Find(20), nullptr);
  EXPECT_THAT(*table.Find(15), ElementsAre(1));
  EXPECT_THAT(*table.At(20), IsEmpty());
  table.Forget(100'000);  // was never made
}

TEST(PagedTableOfFacts, WhatWasNeverMadeKeepsNoPage) {
  PagedTable<std::vector<int>> table;
  table.Forget(16);
  table.At(17)->push_back(1);
  for (std::uint32_t id = 17; id < 32; ++id) table.Forget(id);
  EXPECT_EQ(table.Find(17), nullptr);
}

TEST(TaskQueue, IsAListInOrderOfJoining) {
  std::mt19937 random(11);
  TaskQueue queue;
  std::vector<TaskId> expected;
  for (TaskId next = 1; next < 5'000; ++next) {
    queue.Join(next);
    expected.push_back(next);
    for (std::uint32_t leaves = random() % 3; leaves > 0 && !expected.empty(); --leaves) {
      const std::size_t at = random() % 2 == 0 ? 0 : random() % expected.size();
      queue.Leave(expected[at]);
      expected.erase(expected.begin() + static_cast<std::ptrdiff_t>(at));
    }
    queue.Leave(next + 1);  // is not there
    ASSERT_EQ(std::vector<TaskId>(queue.begin(), queue.end()), expected);
    ASSERT_EQ(queue.size(), expected.size());
  }
}

// Threads that have all ended before the first one is joined.
TEST(Clocks, AJoinPassesOnWhatTheThreadKnewHoweverLate) {
  TraceBuilder t;
  const ObjectId mu = t.Mutex("mu");
  TaskTrace writer = t.Thread("writer"), reader = t.Thread("reader");
  writer.Write(mu).Lock(mu).Unlock(mu);
  const std::size_t written = t.events().size();
  reader.Lock(mu).Unlock(mu).End();
  for (int i = 0; i < 3'000; ++i) t.Task("").End();
  t.Main().Join(reader);
  Model model;
  std::uint32_t epoch = 0;
  for (std::size_t i = 0; i < t.events().size(); ++i) {
    if (i + 2 == written) epoch = model.Epoch(writer.id());
    model.Apply(t.events()[i]);
  }
  EXPECT_TRUE(model.HappenedBefore(writer.id(), epoch, 1));
}

TEST(Clocks, WhatATaskKnewIsForgottenWhenNobodyWillAsk) {
  TraceBuilder t;
  const ObjectId mu = t.Mutex("mu");
  t.Main().Lock(mu).Unlock(mu);
  TaskTrace joined = t.Thread("joined"), left = t.Thread("left"), goroutine = t.Task("goroutine");
  for (TaskTrace task : {joined, left, goroutine}) task.Lock(mu).Unlock(mu).End();
  t.Main().Join(joined);
  for (int i = 0; i < 3'000; ++i) t.Task("").End();
  Model model;
  Play(t, model);
  EXPECT_EQ(model.ClockOf(joined.id()).known().size(), 0u);
  EXPECT_EQ(model.ClockOf(goroutine.id()).known().size(), 0u);
  EXPECT_NE(model.ClockOf(left.id()).known().size(), 0u);
}

TEST(Clocks, DoNotGrowWithEveryTaskThatEverLived) {
  TraceBuilder t;
  const ObjectId mu = t.Mutex("mu");
  Model model;
  std::size_t longest = 0;
  for (int i = 0; i < 20'000; ++i) {
    TaskTrace task = t.Task("");
    task.Lock(mu).Unlock(mu).Write(mu).End();  // nobody learns of the last
  }
  for (const trace::Event& event : t.events()) {
    model.Apply(event);
    longest = std::max(longest, model.ClockOf(event.task).known().size());
  }
  EXPECT_LT(longest, 2'000u);
}

}  // namespace
}  // namespace gordian::detector
