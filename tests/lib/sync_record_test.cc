// What locks, conditions, WaitGroups, Onces and threads write to the trace, as FORMAT.md has it.
#include <algorithm>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gordian/annotate.h"
#include "gordian/atomic.h"
#include "gordian/cond.h"
#include "gordian/go.h"
#include "gordian/mutex.h"
#include "gordian/name.h"
#include "gordian/once.h"
#include "gordian/panic.h"
#include "gordian/rwmutex.h"
#include "gordian/time.h"
#include "gordian/wait_group.h"
#include "tests/lib/recorded.h"
#include "tests/lib/settled.h"

namespace gordian {
namespace {

using ::testing::ElementsAre;
using testing::LetGoroutinesPark;
using testing::Recorded;
using ::testing::StartsWith;
using trace::EventType;

int Count(const Recorded& trace, EventType type) {
  int count = 0;
  for (const trace::Event& event : trace.events()) count += event.type == type;
  return count;
}

// A request says only "not before", so a legal order may have it later than it was made. Checks
// that it stands before what completes it, and takes it out.
std::vector<std::string> TakeRequest(std::vector<std::string> lines, const std::string& request,
                                     const std::string& completion) {
  const auto asked = std::find(lines.begin(), lines.end(), request);
  EXPECT_NE(asked, lines.end()) << request;
  EXPECT_NE(std::find(asked, lines.end(), completion), lines.end()) << completion;
  if (asked != lines.end()) lines.erase(asked);
  return lines;
}

TEST(SyncRecordTest, AnEndlessPollIsFewRecords) {
  const Recorded trace([] {
    Atomic<int> flag(0, "flag");
    for (int i = 0; i < 200'000; ++i) flag.Load();
    flag.Store(1);
    flag.Load();
  });
  const std::vector<std::string> lines = trace.Of("flag");
  EXPECT_GE(Count(trace, EventType::kAtomicLoad), 20'000) << "a livelock takes that many";
  EXPECT_LE(Count(trace, EventType::kAtomicLoad), 21'000);
  ASSERT_GE(lines.size(), 3u);
  EXPECT_THAT(lines[lines.size() - 2], StartsWith("main load")) << "it sees the new value";
}

TEST(SyncRecordTest, WhoGivesWayToNobodyDoesNotSwitch) {
  const Recorded trace([] {
    WaitGroup done;
    done.Go("poller", [] {
      for (int i = 0; i < 1'000; ++i) Gosched();
    });
    done.Wait();
  });
  EXPECT_LE(Count(trace, EventType::kTaskRun), 100);
}

TEST(SyncRecordTest, AnUncontendedLockHasNoRequest) {
  const Recorded trace([] {
    Mutex mu{"mu"};
    mu.Lock();
    EXPECT_FALSE(mu.TryLock());
    mu.Unlock();
    const std::scoped_lock lock(mu);
  });
  EXPECT_THAT(trace.Of("mu"), ElementsAre("main object kind=1 detail=0", "main lock",
                                          "main trylock-fail try count=1", "main unlock",
                                          "main lock", "main unlock", "main object-end"));
}

TEST(SyncRecordTest, AWokenWaiterWritesItsOwnLock) {
  const Recorded trace([] {
    Mutex mu{"mu"};
    mu.Lock();
    WaitGroup group;
    group.Go("worker", [&] {
      mu.Lock();
      mu.Unlock();
    });
    LetGoroutinesPark();
    mu.Unlock();
    group.Wait();
  });
  const auto lines = trace.Of("mu");
  ASSERT_EQ(lines.size(), 7u);
  const auto asked = std::find(lines.begin(), lines.end(), "worker lock-request");
  // Where the machine was slow the worker has starved, and is handed the lock.
  EXPECT_THAT(std::vector(asked, lines.end()),
              ::testing::Contains(::testing::AnyOf("worker lock", "worker lock for")));
}

TEST(SyncRecordTest, AStarvedWaiterIsHandedTheLock) {
  const Recorded trace([] {
    Mutex mu{"mu"};
    mu.Lock();
    WaitGroup group;
    group.Go("worker", [&] {
      mu.Lock();
      mu.Unlock();
    });
    LetGoroutinesPark();
    Sleep(absl::Milliseconds(3));
    mu.Unlock();
    group.Wait();
  });
  EXPECT_THAT(TakeRequest(trace.Of("mu"), "worker lock-request", "worker lock for"),
              ElementsAre("main object kind=1 detail=0", "main lock", "main unlock",
                          "worker lock for", "worker unlock", "main object-end"));
}

TEST(SyncRecordTest, WritersAndReadersAreHandedTheLock) {
  const Recorded trace([] {
    RWMutex mu{"mu"};
    mu.RLock();
    WaitGroup group;
    group.Go("writer", [&] {
      mu.Lock();
      mu.Unlock();
    });
    LetGoroutinesPark();
    group.Go("reader", [&] { const std::shared_lock lock(mu); });
    LetGoroutinesPark();
    mu.RUnlock();
    group.Wait();
  });
  auto lines = TakeRequest(trace.Of("mu"), "writer lock-request", "writer lock for");
  lines = TakeRequest(lines, "reader rlock-request", "reader rlock for");
  EXPECT_THAT(lines, ElementsAre("main object kind=2 detail=0", "main rlock", "main runlock",
                                 "writer lock for", "writer unlock", "reader rlock for",
                                 "reader runlock", "main object-end"));
}

TEST(SyncRecordTest, ASignalWakesAWaiterThatAsksForItsLockAgain) {
  const Recorded trace([] {
    Mutex mu;
    Cond cond(&mu, "cond");
    cond.Signal();
    WaitGroup group;
    group.Go("waiter", [&] {
      mu.Lock();
      cond.Wait();
      mu.Unlock();
    });
    LetGoroutinesPark();
    cond.Signal();
    group.Wait();
  });
  const auto lines = trace.Of("cond");
  ASSERT_EQ(lines.size(), 6u);
  EXPECT_EQ(lines[1], "main cond-signal woken=0");
  EXPECT_THAT(lines[2], ::testing::StartsWith("waiter cond-wait lock="));
  EXPECT_EQ(lines[3], "main cond-signal woken=1");
  EXPECT_EQ(lines[4], "waiter cond-wake for");
}

TEST(SyncRecordTest, TheLastDoneEndsTheWaits) {
  const Recorded trace([] {
    WaitGroup group{"group"};
    group.Add(2);
    WaitGroup done;
    done.Go("waiter", [&] { group.Wait(); });
    LetGoroutinesPark();
    group.Done();
    group.Done();
    done.Wait();
    group.Wait();
    EXPECT_THROW(group.Done(), Panic);
  });
  const std::string minus = "18446744073709551615";
  EXPECT_THAT(TakeRequest(trace.Of("group"), "waiter wg-request", "waiter wg-wait for"),
              ElementsAre("main object kind=6 detail=0", "main wg-add delta=2 value=2",
                          "main wg-add delta=" + minus + " value=1",
                          "main wg-add delta=" + minus + " value=0", "waiter wg-wait for",
                          "main wg-wait", "main misuse what=4", "main object-end"));
}

TEST(SyncRecordTest, AOnceServesItsWaiters) {
  const Recorded trace([] {
    Once once{"once"};
    WaitGroup group;
    Mutex hold;
    hold.Lock();
    group.Go("first", [&] { once.Do([&] { const std::scoped_lock lock(hold); }); });
    LetGoroutinesPark();
    group.Go("second", [&] { once.Do([] {}); });
    LetGoroutinesPark();
    hold.Unlock();
    group.Wait();
    once.Do([] {});
  });
  EXPECT_THAT(TakeRequest(trace.Of("once"), "second once-request", "second once-seen for"),
              ElementsAre("first object kind=7 detail=0", "first once-begin", "first once-end",
                          "second once-seen for", "main once-seen", "main object-end"));
}

// What it saw orders all that the task does later; to say so again would order nothing.
TEST(SyncRecordTest, ATaskSaysOnlyOnceThatItSawAOnceDone) {
  const Recorded trace([] {
    Once once{"once"};
    WaitGroup group;
    once.Do([] {});
    group.Go("other", [&] {
      for (int i = 0; i < 3; ++i) once.Do([] {});
    });
    group.Wait();
    for (int i = 0; i < 3; ++i) once.Do([] {});
  });
  EXPECT_THAT(trace.Of("once"),
              ElementsAre("main object kind=7 detail=0", "main once-begin", "main once-end",
                          "other once-seen", "main once-seen", "main object-end"));
}

TEST(SyncRecordTest, NamesMayComeLater) {
  const Recorded trace([] {
    Mutex mu;
    mu.Lock();
    Name(mu, "later");
    mu.Unlock();
  });
  EXPECT_EQ(trace.Of("later").size(), 4u);
}

TEST(SyncRecordTest, PlainThreadsAreFollowed) {
  const Recorded trace([] {
    Mutex mu{"mu"};
    std::thread thread([&] { const std::scoped_lock lock(mu); });
    thread.join();
    std::thread([] {}).detach();
  });
  EXPECT_EQ(Count(trace, EventType::kTaskJoin), 1);
  EXPECT_EQ(Count(trace, EventType::kTaskDetach), 1);
  EXPECT_THAT(trace.Of("mu"), ElementsAre("another object kind=1 detail=0", "another lock",
                                          "another unlock", "main object-end"));
}

TEST(SyncRecordTest, AnnotatedLocksAndOrders) {
  int x = 0;
  const Recorded trace([&] {
    Acquiring(&x);
    Acquired(&x);
    Released(&x);
    HappensBefore(&x);
    HappensAfter(&x);
    Forget(&x);
    Progress();
  });
  auto lines = trace.By("main");
  std::erase(lines, "main site-stack");
  EXPECT_THAT(lines, ElementsAre("main object kind=18 detail=0", "main lock-request", "main lock",
                                 "main unlock", "main hb-release", "main hb-acquire",
                                 "main object-end", "main progress"));
}

// Everything at once: whatever the interleaving, the reader finds one legal order, no version is
// missing, and no lock is held twice.
TEST(SyncRecordTest, ABusyProgramReadsBack) {
  constexpr int kTasks = 12;
  constexpr int kRounds = 150;
  const Recorded trace([] {
    Mutex mu;
    RWMutex rw;
    Cond cond(&mu);
    WaitGroup group;
    const auto work = [&](int i) {
      for (int round = 0; round < kRounds; ++round) {
        if ((i + round) % 3 == 0) {
          const std::scoped_lock lock(mu);
          cond.Signal();
        } else if ((i + round) % 3 == 1) {
          const std::unique_lock lock(rw);
        } else {
          const std::shared_lock lock(rw);
          if (mu.TryLock()) mu.Unlock();
        }
      }
    };
    for (int i = 0; i < kTasks; ++i) group.Go([&work, i] { work(i); });
    std::thread thread([&work] { work(1); });
    group.Wait();
    thread.join();
  });
  std::map<trace::ObjectId, trace::TaskId> holder;
  for (const trace::Event& event : trace.events()) {
    if (event.type == EventType::kLock) {
      EXPECT_EQ(holder[event.subject], 0u);
      holder[event.subject] = event.task;
    } else if (event.type == EventType::kUnlock) {
      EXPECT_EQ(holder[event.subject], event.task);
      holder[event.subject] = 0;
    }
  }
}

}  // namespace
}  // namespace gordian
