// Programs that fork and go on using the library in both processes: forking NAME.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <map>
#include <string_view>
#include <thread>

#include "gordian/gordian.h"

namespace {

using gordian::Chan;
using gordian::Go;
using gordian::Mutex;
using gordian::WaitGroup;

constexpr int kWell = 7;

// Goroutines, channels, timers and locks, all made here: 45 where all of it works.
int Talk() {
  Chan<int> numbers(0);
  Mutex mu;
  WaitGroup done;
  int sum = 0;
  for (int i = 0; i < 10; ++i) {
    done.Go("sender", [=] {
      gordian::Sleep(absl::Milliseconds(1));
      numbers.Send(i);
    });
  }
  done.Go("adder", [&] {
    for (int i = 0; i < 10; ++i) {
      const int number = *numbers.Recv();
      mu.Lock();
      sum += number;
      mu.Unlock();
    }
  });
  done.Wait();
  return sum;
}

// What a child is to do, then its end; the parent learns whether that was reached.
template <typename Body>
int InChild(Body body) {
  const pid_t child = fork();
  if (child == 0) {
    body();
    _exit(Talk() == 45 ? kWell : 9);
  }
  int status = 0;
  if (waitpid(child, &status, 0) != child) return 1;
  return WIFEXITED(status) && WEXITSTATUS(status) == kWell ? 0 : 2;
}

int Both(int child) { return child == 0 && Talk() == 45 ? 0 : 3; }

int MainForks() {
  if (Talk() != 45) return 4;
  return Both(InChild([] {}));
}

int ForksBeforeAnything() {
  return Both(InChild([] {}));
}

int GoroutineForks() {
  Chan<int> result(0);
  Go("forker", [=] { result.Send(InChild([] {})); });
  return Both(*result.Recv());
}

int ThreadForks() {
  int result = 0;
  Chan<int> before(1);
  Go([=] { before.Send(1); });
  before.Recv();
  std::thread([&] { result = InChild([] {}); }).join();
  return Both(result);
}

// The child is not ended by _exit: what forked returns, and that is its end.
template <typename Spawn>
int ReturnsInChild(Spawn spawn) {
  Chan<int> result(1);
  spawn([=] {
    const pid_t child = fork();
    if (child == 0) {
      if (Talk() != 45) _exit(9);
      return;
    }
    int status = 0;
    waitpid(child, &status, 0);
    result.Send(WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : 2);
  });
  return Both(*result.Recv());
}

int GoroutineReturnsInChild() {
  return ReturnsInChild([](auto body) { Go("forker", body); });
}

int ThreadReturnsInChild() {
  return ReturnsInChild([](auto body) { std::thread(body).detach(); });
}

int GrandchildrenWork() {
  return Both(InChild([] {
    if (InChild([] {}) != 0) _exit(8);
  }));
}

// A parent that is busy everywhere: its locks, queues and timers are in use at each fork.
int BusyParentForks() {
  Chan<int> busy(0);
  Mutex mu;
  std::atomic<bool> stop{false};
  WaitGroup done;
  for (int i = 0; i < 4; ++i) {
    done.Go("busy", [&] {
      while (!stop) {
        gordian::Sleep(absl::Microseconds(100));
        mu.Lock();
        mu.Unlock();
        gordian::Select(gordian::Send(busy, 1), gordian::Recv(busy),
                        gordian::Recv(gordian::After(absl::Microseconds(50))));
      }
    });
  }
  int result = 0;
  for (int i = 0; i < 20 && result == 0; ++i) result = InChild([] {});
  stop = true;
  done.Wait();
  return Both(result);
}

// A goroutine of the parent waits to receive; what the child sends is for its own.
int ParentsWaiterTakesNothing() {
  Chan<int> shared(0);
  Go("parent's", [=] { shared.Recv(); });
  gordian::Sleep(absl::Milliseconds(20));
  const int child = InChild([=] {
    Chan<int> got(1);
    Go("child's", [=] { got.Send(*shared.Recv()); });
    shared.Send(42);
    if (*got.Recv() != 42) _exit(8);
  });
  shared.Send(1);
  return Both(child);
}

// A lock that the forking task holds, for which a goroutine of the parent waits.
int ParentsWaiterGetsNoLock() {
  Mutex mu;
  WaitGroup done;
  mu.Lock();
  done.Go("parent's", [&] {
    mu.Lock();
    mu.Unlock();
  });
  gordian::Sleep(absl::Milliseconds(20));  // long enough for the lock to be handed over
  const int child = InChild([&] {
    mu.Unlock();
    mu.Lock();
    mu.Unlock();
  });
  mu.Unlock();
  done.Wait();
  return Both(child);
}

int DeadlinesHoldInBoth() {
  auto [context, cancel] = gordian::WithTimeout(gordian::Background(), absl::Milliseconds(100));
  const int child = InChild([&context = context] {
    context.Done().Recv();
    if (context.Err().ok()) _exit(8);
  });
  context.Done().Recv();
  cancel();
  return Both(child);
}

// A callback is a task of the parent's.
int CallbacksAreTheParents() {
  static std::atomic<int> called{0};
  Chan<int> rang(1);
  gordian::Timer alarm = gordian::AfterFunc(absl::Milliseconds(60), [=] {
    ++called;
    rang.Send(1);
  });
  const int child = InChild([] {
    gordian::Sleep(absl::Milliseconds(120));
    if (called != 0) _exit(8);
  });
  rang.Recv();
  return Both(child);
}

// A context that both have is cancelled in the child; whose wait that would end is the parent's.
int CancelEndsNoWaitOfTheParents() {
  auto [context, cancel] = gordian::WithCancel(gordian::Background());
  gordian::Semaphore permits(1);
  if (!permits.TryAcquire()) return 5;
  std::atomic<int> ended{0};
  WaitGroup done;
  done.Go("parent's", [&, context = context] {
    permits.Acquire(context).IgnoreError();
    ++ended;
  });
  gordian::Sleep(absl::Milliseconds(20));
  const int child = InChild([&, cancel = cancel] {
    cancel();
    gordian::Sleep(absl::Milliseconds(20));
    if (ended != 0) _exit(8);
  });
  cancel();
  done.Wait();
  return Both(child);
}

int PassAByte() {
  int ends[2];
  if (pipe2(ends, O_NONBLOCK) != 0) return 5;
  Go("writer", [out = ends[1]] {
    gordian::Sleep(absl::Milliseconds(5));
    gordian::net::Write(gordian::Background(), out, "x").IgnoreError();
  });
  char byte;
  const auto got = gordian::net::Read(gordian::Background(), ends[0], {&byte, 1});
  return got.ok() && *got == 1 ? 0 : 6;
}

// Each has a poller of its own.
int BothPoll() {
  if (PassAByte() != 0) return 6;
  const int child = InChild([] {
    if (PassAByte() != 0) _exit(8);
  });
  return PassAByte() == 0 ? Both(child) : 7;
}

int ChildIsAlone() {
  WaitGroup done;
  Chan<int> stop(0);
  for (int i = 0; i < 5; ++i) done.Go("parent's", [=] { stop.Recv(); });
  const int child = InChild([] {
    if (gordian::NumGoroutine() != 1) _exit(8);
  });
  stop.Close();
  done.Wait();
  return Both(child);
}

// One that waits for a goroutine that it does not have.
int ChildHangs() {
  Chan<int> answer(0);
  Go("parent's", [=] {
    for (int i = 0; i < 2; ++i) gordian::Sleep(absl::Milliseconds(100));
    answer.Send(1);
  });
  const pid_t child = fork();
  if (child == 0) {
    answer.Recv();
    _exit(0);
  }
  answer.Recv();
  int status = 0;
  waitpid(child, &status, 0);
  return 0;
}

const std::map<std::string_view, int (*)()> kPrograms = {
    {"main-forks", MainForks},
    {"forks-before-anything", ForksBeforeAnything},
    {"goroutine-forks", GoroutineForks},
    {"thread-forks", ThreadForks},
    {"goroutine-returns-in-child", GoroutineReturnsInChild},
    {"thread-returns-in-child", ThreadReturnsInChild},
    {"grandchildren-work", GrandchildrenWork},
    {"busy-parent-forks", BusyParentForks},
    {"parents-waiter-takes-nothing", ParentsWaiterTakesNothing},
    {"parents-waiter-gets-no-lock", ParentsWaiterGetsNoLock},
    {"deadlines-hold-in-both", DeadlinesHoldInBoth},
    {"callbacks-are-the-parents", CallbacksAreTheParents},
    {"cancel-ends-no-wait-of-the-parents", CancelEndsNoWaitOfTheParents},
    {"both-poll", BothPoll},
    {"child-is-alone", ChildIsAlone},
    {"child-hangs", ChildHangs},
};

}  // namespace

int main(int argc, char** argv) {
  const auto program = kPrograms.find(argc > 1 ? argv[1] : "");
  return program == kPrograms.end() ? 98 : program->second();
}
