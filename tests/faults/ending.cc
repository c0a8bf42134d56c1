// Programs whose goroutines are at work on static objects when the process ends: ending NAME.
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "gordian/gordian.h"

namespace {

using gordian::Chan;
using gordian::Go;
using gordian::Mutex;

Chan<int> g_ping(0, "ping"), g_pong(0, "pong");
Mutex g_mu{"mu"};
gordian::SyncMap<int, std::string> g_map{"map"};
std::vector<std::string> g_words(100, std::string(100, 'x'));
int g_held = 0;

void LetThemWork() { gordian::Sleep(absl::Milliseconds(20)); }

void PingPong() {
  Go("ping", [] {
    for (;;) {
      g_ping.Send(1);
      g_pong.Recv();
    }
  });
  Go("pong", [] {
    for (;;) {
      g_ping.Recv();
      g_pong.Send(1);
    }
  });
}

int ChannelsInUse() {
  PingPong();
  LetThemWork();
  return 3;
}

int AMapInUse() {
  Go("storing", [] {
    for (int i = 0;; ++i) g_map.Store(i % 50, std::string(100, 'y'));
  });
  LetThemWork();
  return 3;
}

int AVectorInUse() {
  Go("writing", [] {
    for (;;) {
      const std::scoped_lock lock(g_mu);
      for (std::string& word : g_words) word += std::string(200, 'y');
      for (std::string& word : g_words) word = std::string(100, 'x');
    }
  });
  LetThemWork();
  return 3;
}

int ExitIsCalled() {
  PingPong();
  LetThemWork();
  exit(3);
}

int AGoroutineCallsExit() {
  PingPong();
  Go("ender", [] {
    LetThemWork();
    exit(3);
  });
  for (;;) gordian::Sleep(absl::Seconds(1));
}

int OneInABlockingCall() {
  Go("blocked", [] {
    for (;;) gordian::Blocking([] { absl::SleepFor(absl::Seconds(5)); });
  });
  LetThemWork();
  return 3;
}

// Its destructor waits for its goroutine, as a pool's should.
class Pool {
 public:
  void Start() {
    started_ = true;
    done_.Go("pool", [this] {
      for (const int job : jobs_) sum_ += job;
    });
    for (int i = 1; i <= 100; ++i) jobs_.Send(i);
  }
  ~Pool() {
    if (!started_) return;
    jobs_.Close();
    done_.Wait();
    std::printf("sum %d\n", sum_);
  }

 private:
  bool started_ = false;
  Chan<int> jobs_{8, "jobs"};
  gordian::WaitGroup done_;
  int sum_ = 0;
};
Pool g_pool;

int APoolIsDestroyed() {
  PingPong();
  g_pool.Start();
  return 3;
}

// As that one, but in a way that the library does not see.
class StandardPool {
 public:
  void Start() {
    Go("pool", [this] {
      go_.Recv();
      const std::scoped_lock lock(mutex_);
      done_ = true;
      condition_.notify_all();
    });
    started_ = true;
  }
  ~StandardPool() {
    if (!started_) return;
    go_.Send(1);
    std::unique_lock lock(mutex_);
    condition_.wait(lock, [this] { return done_; });
    std::printf("served\n");
  }

 private:
  bool started_ = false;
  Chan<int> go_{1, "go"};
  std::mutex mutex_;
  std::condition_variable condition_;
  bool done_ = false;
};
StandardPool g_standard_pool;

// Nobody else is at work: from then on all goroutines run on (exiting.h).
int AStandardPoolIsDestroyed() {
  g_standard_pool.Start();
  return 3;
}

// A handler that needs a lock which a goroutine holds most of the time.
int AHandlerNeedsALock() {
  atexit([] {
    const std::scoped_lock lock(g_mu);
    std::printf("held %s\n", g_held > 0 ? "often" : "never");
  });
  Go("holder", [] {
    for (;;) {
      const std::scoped_lock lock(g_mu);
      ++g_held;
      gordian::Gosched();
    }
  });
  LetThemWork();
  return 3;
}

}  // namespace

int main(int argc, char** argv) {
  const std::map<std::string_view, int (*)()> programs = {
      {"channels-in-use", ChannelsInUse},
      {"a-map-in-use", AMapInUse},
      {"a-vector-in-use", AVectorInUse},
      {"exit-is-called", ExitIsCalled},
      {"a-goroutine-calls-exit", AGoroutineCallsExit},
      {"one-in-a-blocking-call", OneInABlockingCall},
      {"a-pool-is-destroyed", APoolIsDestroyed},
      {"a-standard-pool-is-destroyed", AStandardPoolIsDestroyed},
      {"a-handler-needs-a-lock", AHandlerNeedsALock},
  };
  const auto found = programs.find(argc == 2 ? argv[1] : "");
  return found == programs.end() ? 2 : found->second();
}
