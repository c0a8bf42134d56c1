// Boost.Fiber's side of `tools/bench primitives`: runs one row and prints nanoseconds of CPU per
// operation. One thread: Boost.Fiber's own schedulers do not share fibers unless they are told to.
//
//   bench_fiber ROW PROCS
#include <array>
#include <boost/fiber/all.hpp>
#include <cstdio>
#include <mutex>
#include <vector>

#include "tests/bench/primitives/peer.h"

namespace {

namespace fibers = boost::fibers;

template <typename Channel>
void Transfer(Channel& channel, int n, int pairs) {
  std::vector<fibers::fiber> all;
  for (int p = 0; p < pairs; ++p) {
    all.emplace_back([&channel, n, pairs] {
      for (int i = 0; i < n / pairs; ++i) channel.push(i);
    });
    all.emplace_back([&channel, n, pairs] {
      int value = 0;
      for (int i = 0; i < n / pairs; ++i) channel.pop(value);
    });
  }
  for (fibers::fiber& each : all) each.join();
}

void Unbuffered(int n) {
  fibers::unbuffered_channel<int> channel;
  Transfer(channel, n, 1);
}
void Buffered(int n) {
  fibers::buffered_channel<int> channel(128);  // a power of two is what it takes
  Transfer(channel, n, 1);
}
void Buffered4(int n) {
  fibers::buffered_channel<int> channel(128);
  Transfer(channel, n, 4);
}

void MutexPair(int n) {
  fibers::mutex mutex;
  for (int i = 0; i < n; ++i) {
    mutex.lock();
    mutex.unlock();
  }
}

constexpr std::array<gordian::bench::PrimitiveRow, 6> kRows = {{
    {"spawn_join", 20'000, gordian::bench::SpawnJoin<fibers::fiber>},
    {"chan_unbuffered", 200'000, Unbuffered},
    {"chan_buffered", 1'000'000, Buffered},
    {"chan_4p4c", 1'000'000, Buffered4},
    {"mutex", 1'000'000, MutexPair},
    {"cond", 100'000,
     gordian::bench::CondPingPong<fibers::mutex, fibers::condition_variable, fibers::fiber>},
}};

}  // namespace

int main(int argc, char** argv) { return gordian::bench::PeerMain(kRows, argc, argv); }
