// Programs that nobody watches, by name: what becomes of each is in alone_programs_test.cc. A bug
// and its correct twin stand side by side.
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string_view>
#include <thread>

namespace {

std::mutex left, right;
int counter = 0;

void Pause(int ms = 50) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }

void Race() {
  std::thread one([] { ++counter; });
  std::thread two([] { ++counter; });
  one.join();
  two.join();
}

void Ordered() {
  const auto add = [] {
    std::lock_guard lock(left);
    ++counter;
  };
  std::thread one(add), two(add);
  one.join();
  two.join();
}

// Each has one lock and wants the other's.
void Deadlock() {
  std::thread one([] {
    std::lock_guard first(left);
    Pause();
    std::lock_guard second(right);
  });
  std::thread two([] {
    std::lock_guard first(right);
    Pause();
    std::lock_guard second(left);
  });
  one.join();
  two.join();
}

void OneAfterTheOther() {
  std::thread([] { std::scoped_lock both(left, right); }).join();
  std::thread([] { std::scoped_lock both(right, left); }).join();
}

void LocksTwice() {
  left.lock();
  left.lock();
}

void RacesAndCrashes() {
  Race();
  *static_cast<volatile int*>(nullptr) = 1;
}

void Crashes() {
  Ordered();
  *static_cast<volatile int*>(nullptr) = 1;
}

void RacesAndExits() {
  Race();
  std::exit(7);
}

void RacesAndLeavesAtOnce() {
  Race();
  std::puts("left");
  std::fflush(stdout);
  _exit(7);
}

void Exits() {
  Ordered();
  std::exit(7);
}

void RacesAndExecs() {
  Race();
  execl("/proc/self/exe", "program", "ordered", nullptr);
}

void ExecsARace() {
  Ordered();
  execl("/proc/self/exe", "program", "race", nullptr);
}

// What the child ends with.
void InChild(void (*run)()) {
  const pid_t child = fork();
  if (child == 0) {
    run();
    std::exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  std::printf("the child ended with %d\n", WEXITSTATUS(status));
}

void ForksARace() { InChild(Race); }
void ForksInOrder() { InChild(Ordered); }

void MainLeavesFirst() {
  std::thread([] {
    Pause(100);
    Ordered();
    std::puts("last");
  }).detach();
  pthread_exit(nullptr);
}

// Waits, in three ways, until it is told to go on.
void WaitsToBeAsked() {
  static std::condition_variable asked;
  static bool go = false;
  std::unique_lock held(left);
  std::thread one([] {
    pthread_setname_np(pthread_self(), "blocked");
    std::lock_guard lock(left);
  });
  std::thread two([] {
    pthread_setname_np(pthread_self(), "waiting");
    std::unique_lock lock(right);
    asked.wait(lock, [] { return go; });
  });
  std::thread three([] {
    pthread_setname_np(pthread_self(), "computing");
    for (volatile bool* look = &go; !*look;) {
    }
  });
  std::puts("ready");
  std::fflush(stdout);
  char line[16];
  if (read(STDIN_FILENO, line, sizeof line) < 0) std::exit(3);
  {
    std::lock_guard lock(right);
    go = true;
  }
  asked.notify_one();
  held.unlock();
  for (std::thread* thread : {&one, &two, &three}) thread->join();
}

void OnlyThreadIsAsked() {
  std::puts("ready");
  std::fflush(stdout);
  volatile int turns = 0;
  for (const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(800);
       std::chrono::steady_clock::now() < end;) {
    turns = turns + 1;
  }
}

void HasItsOwnHandler() {
  static volatile sig_atomic_t asked = 0;
  struct sigaction before{};
  sigaction(SIGQUIT, nullptr, &before);
  if (before.sa_handler != SIG_DFL) std::exit(3);
  signal(SIGQUIT, [](int) { asked = 1; });
  std::thread other([] {
    while (asked == 0) Pause(1);
  });
  std::puts("ready");
  std::fflush(stdout);
  other.join();
  std::puts("handled");
}

struct Program {
  std::string_view name;
  void (*run)();
};
constexpr Program kPrograms[] = {
    {"race", Race},
    {"ordered", Ordered},
    {"deadlock", Deadlock},
    {"one-after-the-other", OneAfterTheOther},
    {"locks-twice", LocksTwice},
    {"races-and-crashes", RacesAndCrashes},
    {"crashes", Crashes},
    {"races-and-exits", RacesAndExits},
    {"races-and-leaves-at-once", RacesAndLeavesAtOnce},
    {"exits", Exits},
    {"races-and-execs", RacesAndExecs},
    {"execs-a-race", ExecsARace},
    {"forks-a-race", ForksARace},
    {"forks-in-order", ForksInOrder},
    {"main-leaves-first", MainLeavesFirst},
    {"waits-to-be-asked", WaitsToBeAsked},
    {"only-thread-is-asked", OnlyThreadIsAsked},
    {"has-its-own-handler", HasItsOwnHandler},
};

}  // namespace

int main(int argc, char** argv) {
  for (const Program& program : kPrograms) {
    if (argc < 2 || program.name != argv[1]) continue;
    program.run();
    std::puts("done");
    return 0;
  }
  return 98;
}
