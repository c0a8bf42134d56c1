// The programs that run_test.cc runs, by name: subject NAME [ARGUMENT].
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "gordian/gordian.h"

namespace {

using gordian::Chan;
using gordian::Go;
using gordian::Mutex;

// Talks to a goroutine and goes home.
int Clean(const char*) {
  Chan<int> numbers(0);
  Go("counter", [numbers] {
    for (int i = 0; i < 10; ++i) numbers.Send(i);
    numbers.Close();
  });
  int sum = 0;
  for (int number : numbers) sum += number;
  return sum == 45 ? 0 : 99;
}

// Main and a goroutine each wait for the other to receive.
int Deadlock(const char*) {
  Chan<int> there(0), back(0);
  Go("partner", [=] {
    back.Send(1);
    there.Recv();
  });
  there.Send(1);
  back.Recv();
  return 0;
}

// Two plain threads take two locks in opposite order, each holding one already.
int LockCycle(const char*) {
  Mutex left{"left"}, right{"right"};
  Chan<int> left_taken(1), right_taken(1);
  std::thread first([&] {
    left.Lock();
    left_taken.Send(1);
    right_taken.Recv();
    right.Lock();
  });
  right.Lock();
  right_taken.Send(1);
  left_taken.Recv();
  left.Lock();
  first.join();
  return 0;
}

int NeverCancels(const char*) {
  auto [context, cancel] = gordian::WithCancel(gordian::Background(), "request");
  return context.Err().ok() ? 0 : 99;
}

// Main waits for itself, in three ways.
int LocksTwice(const char*) {
  Mutex mu{"mu"};
  mu.Lock();
  mu.Lock();
  return 0;
}

int OnceWithinItself(const char*) {
  gordian::Once once("once");
  once.Do([&] { once.Do([] {}); });
  return 0;
}

int SendsOnNil(const char*) {
  Chan<int>().Send(1);
  return 0;
}

int StubbornDeadlock(const char*) {
  signal(SIGTERM, SIG_IGN);
  return Deadlock(nullptr);
}

// Everything waits, but only for the clock.
int WaitsForATimer(const char*) {
  gordian::After(absl::Milliseconds(900)).Recv();
  return 0;
}

// Everything waits but main, which waits for input.
int WaitsForInput(const char*) {
  Chan<int> lines(0);
  Go("reader", [lines] { lines.Recv(); });
  char line[16];
  if (read(0, line, sizeof line) < 0) return 99;
  lines.Send(1);
  return 0;
}

// Everything waits but a thread that computes.
int WaitsForWork(const char*) {
  Chan<int> result(0);
  std::thread worker([result] {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(900);
    while (std::chrono::steady_clock::now() < end) {
    }
    result.Send(1);
  });
  result.Recv();
  worker.join();
  return 0;
}

// Locks that last as long as the program, in use at its end.
int StaticLocks(const char*) {
  static Mutex pong{"pong"}, held{"held"};
  static gordian::RWMutex read{"read"};
  pong.Lock();
  Go("ponger", [] { pong.Unlock(); });
  pong.Lock();
  held.Lock();
  read.RLock();
  std::exit(0);
}

// A mutex as a signal, another one held for long: everybody goes on in the end.
int WaitsOnLocks(const char*) {
  Mutex signal{"signal"}, mu{"mu"};
  signal.Lock();
  Go("signaller", [&] {
    std::scoped_lock lock(mu);
    gordian::Sleep(absl::Milliseconds(1200));
    signal.Unlock();
  });
  signal.Lock();
  mu.Lock();
  mu.Unlock();
  return 0;
}

// Two goroutines deadlock while main goes on, for ever.
int PartialDeadlock(const char*) {
  static Mutex left{"left"}, right{"right"};
  Chan<int> left_taken(1), right_taken(1);
  Go("lefty", [=] {
    left.Lock();
    left_taken.Send(1);
    right_taken.Recv();
    right.Lock();
  });
  Go("righty", [=] {
    right.Lock();
    right_taken.Send(1);
    left_taken.Recv();
    left.Lock();
  });
  for (;;) gordian::Sleep(absl::Milliseconds(20));
}

int NeverEnds(const char*) {
  for (;;) gordian::Sleep(absl::Milliseconds(20));
}

// Spawns goroutines that wait for ever, and forgets them.
int Forgets(const char* count) {
  Chan<int> never(0);
  for (int i = 0; i < std::atoi(count); ++i) Go("forgotten", [never] { never.Recv(); });
  gordian::Gosched();
  return 0;
}

int EndsWithThreads(const char*) {
  Chan<int> started(0);
  std::thread([started] {
    started.Send(1);
    for (;;) gordian::Sleep(absl::Milliseconds(1));
  }).detach();
  started.Recv();
  return 5;
}

// The last thing that a detached thread does is what main waits for.
int DetachedSender(const char*) {
  Chan<int> result(0);
  std::thread([result] { result.Send(1); }).detach();
  return result.Recv() ? 0 : 99;
}

// A lock of the library and one of the standard's, one after the other; `together`: in one order.
int MixedLocks(const char* together) {
  static gordian::Mutex ours{"ours"};
  static std::mutex theirs;
  const auto ours_first = [] {
    std::scoped_lock outer(ours);
    std::scoped_lock inner(theirs);
  };
  const auto theirs_first = [] {
    std::scoped_lock outer(theirs);
    std::scoped_lock inner(ours);
  };
  gordian::WaitGroup done;
  done.Go("forth", ours_first);
  gordian::Sleep(absl::Milliseconds(20));
  if (std::atoi(together) != 0) {
    done.Go("forth again", ours_first);
  } else {
    done.Go("back", theirs_first);
  }
  done.Wait();
  return 0;
}

// One request is left behind; the other one ends.
int LabelledLeak(const char*) {
  gordian::Chan<int> answer(0);
  for (const char* request : {"41", "42"}) {
    gordian::WithLabels({{"request", request}, {"user", "ann"}}, [&] {
      Go("server", [=] { gordian::WithLabels({{"step", "2"}}, [&] { answer.Send(1); }); });
    });
    if (request[1] == '1') answer.Recv();
  }
  return 0;
}

// Looks at a flag that nobody will set: the setter has gone another way.
int SpinsOnAFlag(const char* sets) {
  static gordian::Atomic<bool> ready{false};
  Go("setter", [=] {
    gordian::Sleep(absl::Milliseconds(400));
    if (std::atoi(sets) != 0) ready.Store(true);
  });
  gordian::WaitGroup done;
  done.Go("spinner", [] {
    while (!ready.Load()) gordian::Gosched();
  });
  done.Wait();
  return 0;
}

// Each takes its own permit, tries for the other's, fails and gives back, in step with the other;
// or both ask in one order.
int PermitCorridor(const char* in_order) {
  gordian::Semaphore left(1, "left"), right(1, "right");
  gordian::Chan<int> step(0);
  gordian::WaitGroup done;
  const bool ordered = std::atoi(in_order) != 0;
  const auto walk = [&](gordian::Semaphore& own, gordian::Semaphore& other, auto in_step) {
    for (int i = 0; i < 300; ++i) {
      own.Acquire(gordian::Background()).IgnoreError();
      if (!ordered) in_step();
      const bool got = other.TryAcquire();
      if (!ordered) in_step();
      if (got) other.Release();
      own.Release();
    }
  };
  done.Go("ann", [&] { walk(left, right, [&] { step.Send(1); }); });
  done.Go("bob",
          [&] { walk(ordered ? left : right, ordered ? right : left, [&] { step.Recv(); }); });
  done.Wait();
  return 0;
}

// One goroutine computes on the only processor; the other, spawned before, could run.
int Starves(const char* gives_way) {
  gordian::GoMaxProcs(1);
  gordian::WaitGroup done;
  done.Go("hog", [=] {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(1600);
    while (std::chrono::steady_clock::now() < end) {
      if (std::atoi(gives_way) != 0) gordian::Gosched();
    }
  });
  done.Go("starved", [] {});
  done.Wait();
  return 0;
}

int Exit(const char* status) {
  Clean(nullptr);
  std::exit(std::atoi(status));
}

int ImmediateExit(const char* status) {
  Clean(nullptr);
  _exit(std::atoi(status));
}

int Signal(const char* number) {
  Clean(nullptr);
  raise(std::atoi(number));
  return 99;
}

// Prints on both streams; the report must not get in between.
int Prints(const char*) {
  Clean(nullptr);
  static_cast<void>(!write(1, "to stdout\n", 10));
  static_cast<void>(!write(2, "to stderr\n", 10));
  return 0;
}

// A forked child deadlocks; its parent is fine.
int BadChild(const char*) {
  if (fork() == 0) _exit(Deadlock(nullptr));
  int status = 0;
  wait(&status);
  return 0;
}

// Leaves a process behind that goes on for a while.
int Daemon(const char*) {
  if (fork() != 0) return 0;
  setsid();
  if (fork() != 0) _exit(0);
  usleep(100'000);
  return Forgets("1");
}

// The same, for longer than anybody waits.
int DaemonForEver(const char*) {
  if (fork() != 0) return 0;
  setsid();
  alarm(10);
  return pause();  // … until the alarm
}

// Records more than a small disk holds.
int Chatters(const char*) {
  Mutex mutex;
  for (int i = 0; i < 2'000'000; ++i) {
    mutex.Lock();
    mutex.Unlock();
    if (i % 7 == 0) gordian::Chan<int>(1).Send(i);
  }
  return write(1, "done\n", 5) == 5 ? 0 : 99;
}

int ClosesEverything(const char*) {
  closefrom(0);
  return Deadlock(nullptr);
}

const std::map<std::string_view, int (*)(const char*)> kPrograms = {
    {"clean", Clean},
    {"deadlock", Deadlock},
    {"lock-cycle", LockCycle},
    {"never-cancels", NeverCancels},
    {"locks-twice", LocksTwice},
    {"once-within-itself", OnceWithinItself},
    {"sends-on-nil", SendsOnNil},
    {"stubborn-deadlock", StubbornDeadlock},
    {"waits-for-a-timer", WaitsForATimer},
    {"waits-for-input", WaitsForInput},
    {"waits-for-work", WaitsForWork},
    {"waits-on-locks", WaitsOnLocks},
    {"static-locks", StaticLocks},
    {"partial-deadlock", PartialDeadlock},
    {"never-ends", NeverEnds},
    {"forgets", Forgets},
    {"ends-with-threads", EndsWithThreads},
    {"detached-sender", DetachedSender},
    {"mixed-locks", MixedLocks},
    {"labelled-leak", LabelledLeak},
    {"spins-on-a-flag", SpinsOnAFlag},
    {"permit-corridor", PermitCorridor},
    {"starves", Starves},
    {"exit", Exit},
    {"_exit", ImmediateExit},
    {"signal", Signal},
    {"prints", Prints},
    {"bad-child", BadChild},
    {"daemon", Daemon},
    {"chatters", Chatters},
    {"daemon-for-ever", DaemonForEver},
    {"closes-everything", ClosesEverything},
};

}  // namespace

int main(int argc, char** argv) {
  const auto program = kPrograms.find(argc > 1 ? argv[1] : "");
  if (program == kPrograms.end()) return 98;
  return program->second(argc > 2 ? argv[2] : "");
}
