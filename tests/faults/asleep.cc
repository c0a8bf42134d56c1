// Programs in which everybody comes to wait, for ever or not: asleep NAME.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <map>
#include <mutex>
#include <string_view>
#include <thread>

#include "gordian/gordian.h"

namespace {

using gordian::Chan;
using gordian::Mutex;
using gordian::WaitGroup;

Chan<int> g_orders(1, "orders");

void LocksInBothOrders() {
  static Mutex left{"left"}, right{"right"};
  static gordian::Chan<gordian::Unit> both(2);
  const auto take = [](Mutex& first, Mutex& second) {
    first.Lock();
    both.Send({});
    while (both.Len() < 2) gordian::Gosched();
    second.Lock();
  };
  WaitGroup done{"done"};
  done.Go("one", [&] { take(left, right); });
  done.Go("two", [&] { take(right, left); });
  done.Wait();
}

void NobodySends() { g_orders.Recv(); }

void AThreadIsJoined() {
  std::thread reader([] { g_orders.Recv(); });
  reader.join();
}

void AThreadHasEnded() {
  std::thread([] {}).detach();
  g_orders.Recv();
}

void AChildOfFork() {
  if (fork() == 0) g_orders.Recv();
  int status = 0;
  wait(&status);
  std::printf("child ended with %d\n", WEXITSTATUS(status));
}

void IsAsked() {
  gordian::WaitGroup done;
  done.Go("parked", [] { g_orders.Recv(); });
  gordian::Sleep(absl::Milliseconds(50));
  kill(getpid(), SIGQUIT);
  gordian::Sleep(absl::Milliseconds(400));
  g_orders.Send(1);
  done.Wait();
}

void IsAskedAndHasAHandler() {
  signal(SIGQUIT, [](int) { std::puts("handled"); });
  IsAsked();
}

void AHandlerSends() {
  signal(SIGALRM, [](int) { g_orders.Send(1); });
  alarm(1);
  g_orders.Recv();
}

void AThreadSends() {
  std::thread sender([] {
    usleep(300'000);
    g_orders.Send(1);
  });
  g_orders.Recv();
  sender.join();
}

void ATimerRings() { gordian::Sleep(absl::Milliseconds(300)); }

// Main waits in a way that the library does not know.
void AStandardMutexIsHeld() {
  std::mutex held;
  gordian::Go([&] {
    held.lock();
    gordian::Sleep(absl::Milliseconds(300));
    held.unlock();
  });
  gordian::Sleep(absl::Milliseconds(50));
  const std::scoped_lock lock(held);
}

}  // namespace

int main(int argc, char** argv) {
  const std::map<std::string_view, void (*)()> programs = {
      {"locks-in-both-orders", LocksInBothOrders},
      {"nobody-sends", NobodySends},
      {"a-thread-is-joined", AThreadIsJoined},
      {"a-thread-has-ended", AThreadHasEnded},
      {"a-child-of-fork", AChildOfFork},
      {"is-asked", IsAsked},
      {"is-asked-and-has-a-handler", IsAskedAndHasAHandler},
      {"a-handler-sends", AHandlerSends},
      {"a-thread-sends", AThreadSends},
      {"a-timer-rings", ATimerRings},
      {"a-standard-mutex-is-held", AStandardMutexIsHeld},
  };
  const auto found = programs.find(argc == 2 ? argv[1] : "");
  if (found == programs.end()) return 2;
  found->second();
}
