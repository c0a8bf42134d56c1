// What peers in C++ have in common: the same work with other threads, mutexes and conditions.
#ifndef GORDIAN_TESTS_BENCH_PRIMITIVES_PEER_H_
#define GORDIAN_TESTS_BENCH_PRIMITIVES_PEER_H_

#include <cstdio>
#include <mutex>
#include <span>
#include <vector>

#include "tests/bench/primitives/row_program.h"

namespace gordian::bench {

template <typename Thread>
void SpawnJoin(int n) {
  std::vector<Thread> batch;
  for (int i = 0; i < n / 100; ++i) {
    for (int j = 0; j < 100; ++j) batch.emplace_back([] {});
    for (Thread& each : batch) each.join();
    batch.clear();
  }
}

template <typename Mutex, typename Cond, typename Thread>
void CondPingPong(int n) {
  Mutex mutex;
  Cond cond;
  int turn = 0;
  const auto player = [&](int own) {
    for (int i = 0; i < n; ++i) {
      std::unique_lock lock(mutex);
      cond.wait(lock, [&] { return turn == own; });
      turn = 1 - own;
      lock.unlock();
      cond.notify_one();
    }
  };
  Thread a(player, 0), b(player, 1);
  a.join();
  b.join();
}

// `program ROW PROCS`: the exit status.
inline int PeerMain(std::span<const PrimitiveRow> rows, int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s ROW PROCS\n", argv[0]);
    return 2;
  }
  return RunRow(rows, argv[1]);
}

}  // namespace gordian::bench

#endif  // GORDIAN_TESTS_BENCH_PRIMITIVES_PEER_H_
