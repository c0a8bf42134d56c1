// What goroutines may be doing when the program ends: exit_test runs it, one way each.
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "gordian/gordian.h"

namespace {

using gordian::Chan;
using gordian::Go;
using gordian::Mutex;
using gordian::WaitGroup;

// Statics that are in use when they are destroyed.
struct Lines {
  Mutex mu;
  std::vector<std::string> lines;
  ~Lines() {
    lines.clear();
    lines.shrink_to_fit();
    gordian::Gosched();  // as a destructor that does something
  }
};
Lines g_lines;
Chan<int> g_ping(0), g_pong(0);

void AppendForEver() {
  for (;;) {
    std::scoped_lock lock(g_lines.mu);
    g_lines.lines.emplace_back(100, 'x');
    if (g_lines.lines.size() > 100) g_lines.lines.clear();
  }
}

void StartPingPong() {
  Go([] {
    for (;;) {
      g_ping.Send(1);
      g_pong.Recv();
    }
  });
  Go([] {
    for (;;) {
      g_ping.Recv();
      g_pong.Send(1);
    }
  });
}

// Statics that wait for their goroutines.
struct Workers {
  Chan<int> jobs{4};
  WaitGroup running;
  Mutex mu;
  int done = 0;
  Workers() {
    for (int i = 0; i < 3; ++i) {
      running.Go([this] {
        while (jobs.Recv()) {
          std::scoped_lock lock(mu);
          ++done;
        }
      });
    }
  }
  ~Workers() {
    jobs.Close();
    running.Wait();
    std::printf("%d done\n", done);
  }
};

struct WorkerBehindAStdCondition {
  Chan<int> go{1};
  std::mutex mutex;
  std::condition_variable condition;
  bool done = false;
  WorkerBehindAStdCondition() {
    Go([this] {
      go.Recv();
      std::scoped_lock lock(mutex);
      done = true;
      condition.notify_all();
    });
  }
  ~WorkerBehindAStdCondition() {
    go.Send(1);
    std::unique_lock lock(mutex);
    condition.wait(lock, [this] { return done; });
    std::printf("done\n");
  }
};

void AlreadyRunning() { gordian::Sleep(absl::Milliseconds(5)); }

const std::map<std::string, std::function<void()>>& Ways() {
  static const auto& ways = *new std::map<std::string, std::function<void()>>{
      {"vector",
       [] {
         for (int i = 0; i < 4; ++i) Go(AppendForEver);
         AlreadyRunning();
       }},
      {"channels",
       [] {
         StartPingPong();
         AlreadyRunning();
       }},
      {"exit-called",
       [] {
         StartPingPong();
         AlreadyRunning();
         std::exit(3);
       }},
      {"exit-in-a-goroutine",
       [] {
         StartPingPong();
         Go([] { std::exit(3); });
         gordian::Chan<int>(0).Recv();
       }},
      {"workers",
       [] {
         static Workers workers;
         for (int i = 0; i < 100; ++i) workers.jobs.Send(i);
       }},
      {"std-condition", [] { static WorkerBehindAStdCondition worker; }},
  };
  return ways;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 || !Ways().contains(argv[1])) return 2;
  Ways().at(argv[1])();
}
