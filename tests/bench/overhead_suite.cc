// What recording costs a program: its CPU time, and that of the thread that drains what it records,
// over that of the same program compiled natively; ThreadSanitizer's is measured beside it.
//
// Each side is overhead/workloads.cc, compiled in its own way. What a side needs for a program that
// does nothing is taken off. All sides of a workload run in turn, five times; a cost is the median
// of its ratios to the native run of the same round.
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "tests/bench/recorded_run.h"
#include "tests/bench/side_program.h"
#include "tests/bench/suites.h"

namespace gordian::bench {
namespace {

// Goals are ratios to the native program; 0: none.
struct Workload {
  const char* name;
  double recorded = 0;
  double unmodified = 0;
};

constexpr std::array<Workload, 9> kWorkloads = {{
    {"sweep", 2},
    {"matmul", 2.5},
    {"hash_map", 5},
    {"lock_pair", 3},
    {"lock_contended", 4},
    {"queue", 2},
    {"atomic_add_relaxed", 8},
    {"atomic_add_acq_rel", 8},
    {"lock_rate", 1.5, 1.5},
}};

struct Side {
  const char* name;
  const char* program;
  Recorder recorder;
};

constexpr Side kNative{"native", "overhead_native", Recorder::kNone};
constexpr Side kSanitizer{"tsan", "overhead_tsan", Recorder::kNone};
constexpr Side kRecorded{"recorded", "overhead_gordian", Recorder::kSupervisor};
constexpr Side kAlone{"recorded_alone", "overhead_gordian", Recorder::kItself};
constexpr Side kUnrecorded{"unrecorded", "overhead_gordian", Recorder::kNone};
constexpr Side kUnmodified{"unmodified", "overhead_native", Recorder::kPreloaded};
constexpr std::array<Side, 6> kSides = {kNative, kSanitizer,  kRecorded,
                                        kAlone,  kUnrecorded, kUnmodified};
constexpr std::size_t kRounds = 5;

double Median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

RunCost Run(const Side& side, const char* workload) {
  return RunProgram(Beside(side.program), workload, side.recorder);
}

// By side: the median over the rounds, as ratios to native.
struct Costs {
  std::array<double, kSides.size()> cpu{};
  std::array<double, kSides.size()> memory{};
};

Costs Measure(const char* workload) {
  std::array<std::vector<double>, kSides.size()> cpu, memory;
  for (std::size_t round = 0; round < kRounds; ++round) {
    RunCost native;
    for (std::size_t i = 0; i < kSides.size(); ++i) {
      const double idle = Run(kSides[i], "nothing").cpu_seconds;
      RunCost cost = Run(kSides[i], workload);
      cost.cpu_seconds = std::max(cost.cpu_seconds - idle, 1e-6);
      if (i == 0) native = cost;
      cpu[i].push_back(cost.cpu_seconds / native.cpu_seconds);
      memory[i].push_back(cost.peak_bytes / native.peak_bytes);
    }
  }
  Costs costs;
  for (std::size_t i = 0; i < kSides.size(); ++i) {
    costs.cpu[i] = Median(cpu[i]);
    costs.memory[i] = Median(memory[i]);
  }
  return costs;
}

void Rows(Table& table, const Workload& workload) {
  const Costs costs = Measure(workload.name);
  const double sanitizer = costs.cpu[1];
  for (std::size_t i = 2; i < kSides.size(); ++i) {
    const std::string name = std::string("overhead/") + workload.name + "/" + kSides[i].name;
    table.Add({name, "x native", "tsan", kSides[i].recorder == Recorder::kNone ? 0 : 1.0},
              costs.cpu[i], sanitizer);
    const bool unmodified = kSides[i].recorder == Recorder::kPreloaded;
    const double goal = unmodified ? workload.unmodified : workload.recorded;
    if (goal != 0) table.Add({name, "x native", "goal", 1}, costs.cpu[i], goal);
  }
  if (std::string(workload.name) != "sweep") return;
  table.Add({"overhead/sweep/memory", "x native", "tsan", 1}, costs.memory[2], costs.memory[1]);
  table.Add({"overhead/sweep/memory", "x native", "goal", 1}, costs.memory[2], 2);
}

void TinyProgram(Table& table) {
  constexpr double kMegabyte = 1 << 20;
  const auto peak = [](const Side& side) {
    return [&side] { return Run(side, "nothing").peak_bytes / kMegabyte; };
  };
  table.Compare({"overhead/tiny/memory", "MB", "tsan", 1}, peak(kRecorded), peak(kSanitizer));
  table.Against({"overhead/tiny/memory", "MB", "goal", 1}, peak(kRecorded), 12);
}

}  // namespace

void OverheadSuite(Table& table) {
  for (const Workload& workload : kWorkloads) Rows(table, workload);
  TinyProgram(table);
}

}  // namespace gordian::bench
