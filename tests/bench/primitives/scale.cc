// Our side of `tools/bench scale`: one thing in large numbers.
//
//   bench_scale ROW N ns|bytes      nanoseconds of CPU per item, or bytes of memory where all exist
//
// Rows have the same names and do the same work as those in tests/bench/go/scale.go.
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "gordian/gordian.h"
#include "tests/bench/primitives/row_program.h"

namespace {

using gordian::Chan;
using gordian::WaitGroup;
using gordian::bench::ResidentBytes;

// Called where all items exist.
struct Peak {
  double before = ResidentBytes();
  double bytes = 0;
  void Measure() { bytes = ResidentBytes() - before; }
};

// All wait for one channel, are woken together and end.
void Parked(int n, Peak& peak) {
  const Chan<gordian::Unit> release(0);
  WaitGroup started, ended;
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
  peak.Measure();
  release.Close();
  ended.Wait();
}

void SpawnedInTurn(int n, Peak& peak) {
  for (int i = 0; i < n; ++i) {
    WaitGroup ended;
    ended.Go([] {});
    ended.Wait();
  }
  peak.Measure();
}

// Each is served by a send of its own.
void ChannelWaiters(int n, Peak& peak) {
  const Chan<int> channel(0);
  WaitGroup ended;
  for (int i = 0; i < n; ++i) ended.Go([&] { channel.Recv(); });
  peak.Measure();
  for (int i = 0; i < n; ++i) channel.Send(i);
  ended.Wait();
}

// Every other child is cancelled by itself, the rest with their parent.
void ContextChildren(int n, Peak& peak) {
  auto [parent, cancel] = gordian::WithCancel(gordian::Background());
  std::vector<gordian::Cancellable<gordian::CancelFunc>> children;
  children.reserve(n);
  for (int i = 0; i < n; ++i) children.push_back(gordian::WithCancel(parent));
  peak.Measure();
  for (int i = 0; i < n; i += 2) children[i].cancel();
  cancel();
}

// Set in no order; every other one is stopped, the rest fire.
void Timers(int n, Peak& peak) {
  WaitGroup fired;
  std::vector<gordian::Timer> timers;
  timers.reserve(n);
  unsigned random = 1;
  for (int i = 0; i < n; ++i) {
    random = random * 1664525 + 1013904223;
    fired.Add(1);
    timers.push_back(gordian::AfterFunc(absl::Seconds(1) + absl::Microseconds(random >> 12),
                                        [&] { fired.Done(); }));
  }
  peak.Measure();
  for (int i = 0; i < n; i += 2) {
    if (timers[i].Stop()) fired.Done();
  }
  fired.Wait();
}

struct Row {
  std::string_view name;
  void (*run)(int n, Peak& peak);
};

constexpr Row kRows[] = {
    {"goroutines_parked", Parked},
    {"goroutines_in_turn", SpawnedInTurn},
    {"channel_waiters", ChannelWaiters},
    {"context_children", ContextChildren},
    {"timers", Timers},
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: bench_scale ROW N ns|bytes\n");
    return 2;
  }
  gordian::GoMaxProcs(2);
  const int n = std::atoi(argv[2]);
  int status = 2;
  WaitGroup done;
  done.Go([&] {
    for (const Row& row : kRows) {
      if (row.name != argv[1]) continue;
      Peak peak;
      const double before = gordian::bench::CpuNs();
      row.run(n, peak);
      const double ns = gordian::bench::CpuNs() - before;
      std::printf("%g\n", (std::string_view(argv[3]) == "ns" ? ns : peak.bytes) / n);
      status = 0;
    }
  });
  done.Wait();
  return status;
}
