// A synthetic recording for the analysis benchmarks: tasks that take random locks and
// touch the variables behind them, as real threads would have recorded it.
#ifndef GORDIAN_TESTS_BENCH_SYNTHETIC_H_
#define GORDIAN_TESTS_BENCH_SYNTHETIC_H_

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "instrument/trace/ids.h"

namespace gordian::bench {

struct Synthetic {
  std::uint64_t events = 1'000'000;
  std::uint32_t tasks = 16;
  std::uint32_t locks = 256;
  std::uint32_t nesting = 1;     // locks held at once; taken in ascending order
  double inverted = 0;           // share of nested pairs taken in descending order
  std::uint32_t accesses = 2;    // reads and writes per critical section
  std::uint32_t variables = 1;   // behind each lock, touched in turn
  bool by_address = false;       // they are words of memory instead of objects
  bool own_locks_mostly = true;  // tasks mostly re-take their own locks, as programs do
  std::uint64_t seed = 1;
};

// Writes the recording's words, stream by stream, in pieces in the order in which threads
// would have handed them on.
void Generate(const Synthetic& what,
              const std::function<void(trace::StreamId, std::span<const std::uint64_t>)>& write);

// The same in RAPID's STD text format.
std::string GenerateStd(const Synthetic& what);

}  // namespace gordian::bench

#endif  // GORDIAN_TESTS_BENCH_SYNTHETIC_H_
