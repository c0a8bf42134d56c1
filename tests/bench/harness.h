// Measuring two programs against each other.
//
// Absolute times drift from machine to machine and from run to run; a ratio of two
// things measured in turn, in one process, does not. Each row runs ours and its peer
// alternately, five times, and keeps the medians of the CPU time (of all threads).
//
//   void Suite(Table& table) {
//     table.Compare({.name = "recorder/lock_pair", .unit = "ns", .peer_name = "std::mutex",
//                    .goal = 3}, ours, peer);
//   }
#ifndef GORDIAN_TESTS_BENCH_HARNESS_H_
#define GORDIAN_TESTS_BENCH_HARNESS_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace gordian::bench {

struct Row {
  std::string name;
  std::string unit;
  double ours = 0;
  std::string peer_name;
  double peer = 0;
  double ratio = 0;  // smaller is better
  double goal = 0;   // a ratio; 0: none, the row is for information
};

struct What {
  std::string name;
  std::string unit;
  std::string peer_name;
  double goal = 0;
  bool more_is_better = false;
};

// Runs once and returns its figure, in the row's unit.
using Measure = std::function<double()>;

class Table {
 public:
  // Both sides in turn.
  void Compare(const What& what, const Measure& ours, const Measure& peer);
  // The peer is a fixed figure: an absolute goal.
  void Against(const What& what, const Measure& ours, double peer);

  // Figures that were measured in turn already.
  void Add(const What& what, double ours, double peer);

  void Print() const;
  bool WriteJson(const std::string& path) const;

 private:
  std::vector<Row> rows_;
};

// CPU seconds of the whole process so far.
double CpuSeconds();

// Nanoseconds of CPU per iteration of `body`, which runs `iterations` of them.
double NsPer(std::uint64_t iterations, const std::function<void()>& body);

// Keeps the compiler from dropping `value`.
template <typename T>
inline void Keep(T&& value) {
  asm volatile("" : : "g"(&value) : "memory");
}

}  // namespace gordian::bench

#endif  // GORDIAN_TESTS_BENCH_HARNESS_H_
