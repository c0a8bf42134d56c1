// Random traces: clocks and race detector against plain reachability in a graph whose edges are
// written down here a second time, straight from the definition of happens-before.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <vector>

#include "detector/analysis/race_data.h"
#include "tests/analysis/play.h"

namespace gordian::testing {
namespace {

using trace::Event;

// Makes legal traces: no task takes a lock that is held, receives from nothing, and so on.
class RandomTrace {
 public:
  explicit RandomTrace(std::uint32_t seed) : random_(seed) {
    mutexes_ = {t.Mutex("m0"), t.Mutex("m1")};
    rw_ = t.RWMutex("rw");
    group_ = t.WaitGroup("group");
    semaphore_ = t.Object(ObjectKind::kSemaphore, "s", 2);
    unbuffered_ = t.Chan("c0");
    buffered_ = t.Chan("c2", 2);
    atomic_ = t.Atomic("a");
    variables_ = {t.Variable("v0"), t.Variable("v1")};
    tasks_.push_back(t.Main());
    while (t.events().size() < 120) Step();
  }

  ObjectId unbuffered() const { return unbuffered_; }

  TraceBuilder t;

 private:
  std::size_t Pick(std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_);
  }
  TaskTrace Anybody() { return tasks_[Pick(tasks_.size())]; }

  void Step() {
    TaskTrace task = Anybody();
    switch (Pick(11)) {
      case 0:
        if (tasks_.size() < 5) tasks_.push_back(task.Go("", trace::TaskKind::kThread));
        return;
      case 1:
        return End(task);
      case 2:
      case 3:
        return LockOrUnlock(task);
      case 4:
        return ReadLock(task);
      case 5:
        return Exchange(task);
      case 6:
        return Buffered(task);
      case 7:
        return Group(task);
      case 8:
        return Atomic(task);
      case 9:
        Pick(2) == 0 ? task.SemRelease(semaphore_) : task.SemAcquire(semaphore_);
        return;
      default:
        const ObjectId variable = variables_[Pick(2)];
        Pick(2) == 0 ? task.Read(variable) : task.Write(variable);
    }
  }

  void End(TaskTrace task) {
    if (task.id() == 1 || Pick(3) != 0 || readers_.contains(task.id())) return;
    for (const auto& [lock, holder] : holder_) {
      if (holder == task.id()) return;
    }
    task.End();
    std::erase_if(tasks_, [&](const TaskTrace& other) { return other.id() == task.id(); });
    if (Pick(2) == 0) Anybody().Join(task);
  }

  void LockOrUnlock(TaskTrace task) {
    const ObjectId lock = Pick(3) == 0 ? rw_ : mutexes_[Pick(2)];
    if (holder_[lock] == task.id()) {
      task.Unlock(lock);
      holder_[lock] = 0;
    } else if (holder_[lock] == 0 && (lock != rw_ || readers_.empty())) {
      task.Lock(lock);
      holder_[lock] = task.id();
    }
  }

  void ReadLock(TaskTrace task) {
    if (readers_.erase(task.id()) > 0) {
      task.RUnlock(rw_);
    } else if (holder_[rw_] == 0) {
      task.RLock(rw_);
      readers_.insert(task.id());
    }
  }

  void Exchange(TaskTrace task) {
    const TaskTrace other = Anybody();
    if (other.id() == task.id()) return;
    Pick(2) == 0 ? task.SendTo(other, unbuffered_) : task.RecvFrom(other, unbuffered_);
  }

  void Buffered(TaskTrace task) {
    if (Pick(2) == 0 && elements_ < 2) {
      task.Send(buffered_);
      ++elements_;
    } else if (elements_ > 0) {
      task.Recv(buffered_);
      --elements_;
    }
  }

  void Group(TaskTrace task) {
    const std::size_t what = Pick(3);
    if (what == 0) {
      task.Add(group_, 1);
      ++pending_;
    } else if (what == 1 && pending_ > 0) {
      task.Done(group_);
      --pending_;
    } else if (pending_ == 0) {
      task.Wait(group_);
    }
  }

  void Atomic(TaskTrace task) {
    constexpr int kLoads[] = {0, 2, 5}, kStores[] = {0, 3, 5}, kBoth[] = {0, 2, 3, 4, 5};
    switch (Pick(4)) {
      case 0:
        task.Load(atomic_, kLoads[Pick(3)]);
        return;
      case 1:
        task.Store(atomic_, kStores[Pick(3)]);
        return;
      case 2:
        task.Rmw(atomic_, kBoth[Pick(5)]);
        return;
      default:
        t.Append(task.id(), EventType::kFence, 0, {2 + Pick(4)});
    }
  }

  std::mt19937 random_;
  std::vector<TaskTrace> tasks_;
  std::vector<ObjectId> mutexes_, variables_;
  ObjectId rw_ = 0, group_ = 0, semaphore_ = 0, unbuffered_ = 0, buffered_ = 0, atomic_ = 0;
  std::map<ObjectId, TaskId> holder_;
  std::set<TaskId> readers_;
  int elements_ = 0, pending_ = 0;
};

// Everything that happens before an event, by following edges. Each event has two nodes, its
// beginning and its completion: only an unbuffered send completes later than it began, when its
// `recv` is there.
class Graph {
 public:
  Graph(const std::vector<Event>& events, ObjectId unbuffered)
      : events_(events), before_(events.size()) {
    std::map<TaskId, std::vector<std::size_t>> last;  // what a task's next event comes after
    std::size_t send = 0;
    for (std::size_t j = 0; j < events.size(); ++j) {
      for (std::size_t i : last[events[j].task]) Order(i, j);
      for (std::size_t i = 0; i < j; ++i) {
        if (Edge(i, j)) Order(i, j);
      }
      last[events[j].task] = {j};
      if (events[j].subject != unbuffered) continue;
      if (events[j].type == EventType::kChanSend) send = j;
      if (events[j].type == EventType::kChanRecv) {
        Order(send, j);
        // What the sender does next comes after the receive, too.
        last[events[send].task].push_back(j);
      }
    }
  }

  bool Before(std::size_t i, std::size_t j) const { return before_[j].contains(i); }

 private:
  void Order(std::size_t i, std::size_t j) {
    before_[j].insert(i);
    before_[j].insert(before_[i].begin(), before_[i].end());
  }

  bool Any(std::size_t i, std::size_t j, EventType type) const {
    for (std::size_t k = i + 1; k < j; ++k) {
      if (events_[k].type == type && events_[k].subject == events_[i].subject) return true;
    }
    return false;
  }
  // How many of its type and object came before.
  std::size_t Nth(std::size_t i) const {
    std::size_t n = 0;
    for (std::size_t k = 0; k < i; ++k) {
      n += events_[k].type == events_[i].type && events_[k].subject == events_[i].subject;
    }
    return n;
  }

  bool Edge(std::size_t i, std::size_t j) const {
    const Event &a = events_[i], &b = events_[j];
    if (b.type == EventType::kTaskJoin) return a.task == b.subject;
    if (a.type == EventType::kTaskSpawn) return b.task == a.subject;
    if (AtomicEdge(i, j)) return true;
    if (a.subject != b.subject) return false;
    switch (a.type) {
      case EventType::kUnlock:
        return (b.type == EventType::kLock || b.type == EventType::kRLock) &&
               !Any(i, j, EventType::kUnlock);
      case EventType::kRUnlock:
        return b.type == EventType::kLock && !Any(i, j, EventType::kUnlock);
      case EventType::kSemRelease:
        return b.type == EventType::kSemAcquire;
      case EventType::kWaitGroupAdd:
        return b.type == EventType::kWaitGroupWait && static_cast<std::int64_t>(a.args[0]) < 0;
      case EventType::kChanSend:
        return Buffered(a) && b.type == EventType::kChanRecv && Nth(i) == Nth(j);
      case EventType::kChanRecv:
        return Buffered(a) && b.type == EventType::kChanSend && Nth(i) + 2 == Nth(j);
      default:
        return false;
    }
  }
  bool Buffered(const Event& event) const {
    for (const Event& e : events_) {
      if (e.type == EventType::kObjectBegin && e.subject == event.subject) return e.args[1] == 2;
    }
    return false;
  }

  static bool Stores(const Event& e) {
    return e.type == EventType::kAtomicStore || e.type == EventType::kAtomicRmw;
  }
  static bool Loads(const Event& e) {
    return e.type == EventType::kAtomicLoad || e.type == EventType::kAtomicRmw;
  }
  static bool Acquires(const Event& e) { return e.args[0] == 2 || e.args[0] >= 4; }
  static bool Releases(const Event& e) { return e.args[0] >= 3; }

  // A releases by itself or by a fence before its store; B acquires by itself or by a fence after
  // its load; the load comes after the store.
  bool AtomicEdge(std::size_t i, std::size_t j) const {
    const Event &a = events_[i], &b = events_[j];
    const bool by_store = Stores(a), by_load = Loads(b);
    if (!by_store && a.type != EventType::kFence) return false;
    if (!by_load && b.type != EventType::kFence) return false;
    if (!Releases(a) || !Acquires(b)) return false;
    for (std::size_t s = i; s < j; ++s) {
      if (by_store ? s != i : !(Stores(events_[s]) && events_[s].task == a.task)) continue;
      for (std::size_t l = s + 1; l <= j; ++l) {
        if (by_load ? l == j : Loads(events_[l]) && events_[l].task == b.task) return true;
      }
    }
    return false;
  }

  const std::vector<Event>& events_;
  std::vector<std::set<std::size_t>> before_;
};

bool IsAccess(const Event& event) {
  return event.type == EventType::kRead || event.type == EventType::kWrite;
}

TEST(RaceOracle, ClocksAgreeWithReachability) {
  for (std::uint32_t seed = 0; seed < 400; ++seed) {
    const RandomTrace random(seed);
    const std::vector<Event>& events = random.t.events();
    const Graph graph(events, random.unbuffered());
    detector::Model model;
    std::vector<std::uint32_t> epochs;
    for (std::size_t j = 0; j < events.size(); ++j) {
      epochs.push_back(model.Epoch(events[j].task));
      // Accesses release nothing and acquire nothing: the present is theirs.
      for (std::size_t i = 0; IsAccess(events[j]) && i < j; ++i) {
        if (!IsAccess(events[i])) continue;
        const bool ordered = model.HappenedBefore(events[i].task, epochs[i], events[j].task);
        ASSERT_EQ(ordered, graph.Before(i, j)) << "seed " << seed << ", events " << i << ", " << j;
      }
      model.Apply(events[j]);
    }
  }
}

// FastTrack forgets accesses, so it need not name every pair; but it says of each variable whether
// it has a race, and every pair it names is one.
TEST(RaceOracle, RacesAreThoseOfTheGraph) {
  std::size_t racy = 0;
  for (std::uint32_t seed = 1'000; seed < 1'400; ++seed) {
    const RandomTrace random(seed);
    const std::vector<Event>& events = random.t.events();
    const Graph graph(events, random.unbuffered());
    std::set<ObjectId> expected, found;
    for (std::size_t j = 0; j < events.size(); ++j) {
      for (std::size_t i = 0; i < j; ++i) {
        const bool conflict =
            IsAccess(events[i]) && IsAccess(events[j]) && events[i].subject == events[j].subject &&
            (events[i].type == EventType::kWrite || events[j].type == EventType::kWrite);
        if (conflict && !graph.Before(i, j)) expected.insert(events[i].subject);
      }
    }
    for (const detector::Finding& finding : Play<detector::RaceData>(random.t)) {
      found.insert(finding.objects.front().id);
      ASSERT_GE(finding.evidence.size(), 2u);
      const std::size_t i = finding.evidence[0].seq - 1, j = finding.evidence[1].seq - 1;
      EXPECT_FALSE(graph.Before(i, j)) << "seed " << seed;
    }
    EXPECT_EQ(found, expected) << "seed " << seed;
    racy += expected.size();
  }
  EXPECT_GT(racy, 100u);
  EXPECT_LT(racy, 700u);
}

}  // namespace
}  // namespace gordian::testing
