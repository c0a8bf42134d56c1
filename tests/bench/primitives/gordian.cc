// Our side of `tools/bench primitives`.
//
//   bench_gordian ROW PROCS [recorded]
//
// Rows have the same names and do the same work as those in tests/bench/go/primitives.go.
#include "gordian/gordian.h"

#include <array>
#include <atomic>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <vector>

#include "tests/bench/primitives/row_program.h"
#include "tests/bench/recycling_sink.h"

namespace {

using gordian::Chan;
using gordian::Recv;
using gordian::Select;
using gordian::Send;
using gordian::WaitGroup;

void SpawnJoin(int n) {
  for (int i = 0; i < n / 100; ++i) {
    WaitGroup group;
    group.Add(100);
    for (int j = 0; j < 100; ++j) gordian::Go([&group] { group.Done(); });
    group.Wait();
  }
}

void Transfer(int n, int capacity, int pairs) {
  Chan<int> channel(capacity);
  WaitGroup group;
  group.Add(2 * pairs);
  for (int p = 0; p < pairs; ++p) {
    gordian::Go([&] {
      for (int i = 0; i < n / pairs; ++i) channel.Send(i);
      group.Done();
    });
    gordian::Go([&] {
      for (int i = 0; i < n / pairs; ++i) channel.Recv();
      group.Done();
    });
  }
  group.Wait();
}

void Feed(const Chan<int>& channel, int n) {
  gordian::Go([channel, n] {
    for (int i = 0; i < n; ++i) channel.Send(i);
  });
}

void SelectOf2(int n) {
  const Chan<int> a(0), b(0);
  Feed(a, n / 2);
  Feed(b, n / 2);
  for (int i = 0; i < n / 2 * 2; ++i) Select(Recv(a), Recv(b));
}

void SelectOf8(int n) {
  std::vector<Chan<int>> c;
  for (int i = 0; i < 8; ++i) Feed(c.emplace_back(0), n / 8);
  for (int i = 0; i < n / 8 * 8; ++i) {
    Select(Recv(c[0]), Recv(c[1]), Recv(c[2]), Recv(c[3]), Recv(c[4]), Recv(c[5]), Recv(c[6]),
           Recv(c[7]));
  }
}

void SelectReady(int n) {
  const Chan<int> a(1), b(1);
  for (int i = 0; i < n; ++i) {
    Select(Send(a, i), Send(b, i));
    Select(Recv(a), Recv(b));
  }
}

void SelectDefault(int n) {
  const Chan<int> c(0);
  for (int i = 0; i < n; ++i) Select(Recv(c), gordian::Default());
}

int g_shared = 0;

void MutexPairs(int n, int tasks) {
  gordian::Mutex mutex;
  WaitGroup group;
  group.Add(tasks);
  for (int t = 0; t < tasks; ++t) {
    gordian::Go([&] {
      for (int i = 0; i < n / tasks; ++i) {
        mutex.Lock();
        g_shared = g_shared + 1;
        mutex.Unlock();
      }
      group.Done();
    });
  }
  group.Wait();
}

void ReadPairs(int n) {
  gordian::RWMutex mutex;
  for (int i = 0; i < n; ++i) {
    mutex.RLock();
    mutex.RUnlock();
  }
}

void WritePairs(int n) {
  gordian::RWMutex mutex;
  for (int i = 0; i < n; ++i) {
    mutex.Lock();
    mutex.Unlock();
  }
}

void AddDone(int n) {
  WaitGroup group;
  for (int i = 0; i < n; ++i) {
    group.Add(1);
    group.Done();
  }
}

void Once(int n) {
  gordian::Once once;
  for (int i = 0; i < n; ++i) once.Do([] {});
}

void CondPingPong(int n) {
  gordian::Mutex mutex;
  gordian::Cond cond(&mutex);
  int turn = 0;
  WaitGroup group;
  group.Add(2);
  for (int own = 0; own < 2; ++own) {
    gordian::Go([&, own] {
      for (int i = 0; i < n; ++i) {
        mutex.Lock();
        while (turn != own) cond.Wait();
        turn = 1 - own;
        mutex.Unlock();
        cond.Signal();
      }
      group.Done();
    });
  }
  group.Wait();
}

void WithCancel(int n) {
  for (int i = 0; i < n; ++i) {
    auto [context, cancel] = gordian::WithCancel(gordian::Background());
    cancel();
  }
}

// One operation is a cancel that reaches 1000 children.
void CancelTo1000(int n) {
  std::vector<gordian::Cancellable<gordian::CancelFunc>> children;
  children.reserve(1000);
  for (int i = 0; i < n; ++i) {
    auto [parent, cancel] = gordian::WithCancel(gordian::Background());
    for (int j = 0; j < 1000; ++j) children.push_back(gordian::WithCancel(parent));
    cancel();
    children.clear();
  }
}

// Not nanoseconds but bytes: resident memory per goroutine that only waits.
void PrintIdleMemory(int n) {
  const Chan<gordian::Unit> release(0);
  WaitGroup started, ended;
  const double before = gordian::bench::ResidentBytes();
  started.Add(n);
  ended.Add(n);
  for (int i = 0; i < n; ++i) {
    gordian::Go([&] {
      started.Done();
      release.Recv();
      ended.Done();
    });
  }
  started.Wait();
  gordian::Sleep(absl::Milliseconds(20));
  std::printf("%g\n", (gordian::bench::ResidentBytes() - before) / n);
  release.Close();
  ended.Wait();
}

constexpr std::array<gordian::bench::PrimitiveRow, 17> kRows = {{
    {"spawn_join", 200'000, SpawnJoin},
    {"chan_unbuffered", 200'000, [](int n) { Transfer(n, 0, 1); }},
    {"chan_buffered", 1'000'000, [](int n) { Transfer(n, 100, 1); }},
    {"chan_4p4c", 1'000'000, [](int n) { Transfer(n, 100, 4); }},
    {"select_2", 200'000, SelectOf2},
    {"select_8", 100'000, SelectOf8},
    {"select_ready", 500'000, SelectReady},
    {"select_default", 4'000'000, SelectDefault},
    {"mutex", 4'000'000, [](int n) { MutexPairs(n, 1); }},
    {"mutex_8", 2'000'000, [](int n) { MutexPairs(n, 8); }},
    {"rwmutex_read", 4'000'000, ReadPairs},
    {"rwmutex_write", 4'000'000, WritePairs},
    {"waitgroup", 4'000'000, AddDone},
    {"once", 10'000'000, Once},
    {"cond", 100'000, CondPingPong},
    {"with_cancel", 200'000, WithCancel},
    {"cancel_1000", 100, CancelTo1000},
}};

}  // namespace

int main(int argc, char** argv) {
  const bool recorded = argc == 4 && std::string_view(argv[3]) == "recorded";
  if (argc != 3 && !recorded) {
    std::fprintf(stderr, "usage: bench_gordian ROW PROCS [recorded]\n");
    return 2;
  }
  gordian::GoMaxProcs(std::atoi(argv[2]));
  std::optional<gordian::bench::Recording> recording;
  if (recorded) recording.emplace();
  // As in Go, where main is a goroutine too.
  int status = 0;
  WaitGroup done;
  done.Go([&] {
    if (std::string_view(argv[1]) == "idle_memory") return PrintIdleMemory(100'000);
    status = gordian::bench::RunRow(kRows, argv[1]);
  });
  done.Wait();
  return status;
}
