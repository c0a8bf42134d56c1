// Go's vocabulary beside Go itself, Boost.Fiber and the standard library, on one and on two
// processors, unrecorded and recorded.
//
// Each side is a program that runs one row (primitives/row_program.h); they lie beside this one
// (tools/bench builds Go's). A peer that was not built leaves its rows out.
#include <array>
#include <string>

#include "tests/bench/side_program.h"
#include "tests/bench/suites.h"

namespace gordian::bench {
namespace {

// What a row is held against, and how much of that is allowed. A goal of 0: none.
struct Primitive {
  const char* name;
  double against_go = 1;
  double against_fiber = 0;
  double recorded_against_race = 0;
  double recorded_ns = 0;
};

constexpr std::array<Primitive, 17> kPrimitives = {{
    {"spawn_join", 1, 0, 0.5},
    {"chan_unbuffered", 1, 0, 0.7},
    {"chan_buffered", 0, 1, 0.5},
    {"chan_4p4c", 0, 1, 0.5},
    {"select_2", 1, 0, 1},
    {"select_8", 1, 0, 1},
    {"select_ready", 1, 0, 0.5},
    {"select_default", 1, 0, 0.5},
    {"mutex", 1.5, 0, 0, 25},
    {"mutex_8", 1.5, 0, 0, 25},
    {"rwmutex_read", 1.5, 0, 0, 30},
    {"rwmutex_write", 1.5, 0, 0, 30},
    {"waitgroup", 1.5, 0, 0, 30},
    {"once", 1.5, 0, 0, 5},
    {"cond"},
    {"with_cancel"},
    {"cancel_1000"},
}};

class Peers {
 public:
  explicit Peers(Table& table) : table_(table) {}

  void Rows(const Primitive& what, int procs) {
    const std::string arguments = std::string(what.name) + " " + std::to_string(procs);
    const std::string name =
        std::string("primitives/") + what.name + "/" + std::to_string(procs) + "p";
    Compare(name, arguments, "", "bench_go", "Go", what.against_go);
    if (procs == 1) Compare(name, arguments, "", "bench_fiber", "Boost.Fiber", what.against_fiber);
    if (procs == 2) Compare(name, arguments, "", "bench_std", "std", 0);
    Compare(name + "/recorded", arguments, " recorded", "bench_go_race", "Go -race",
            what.recorded_against_race);
    if (what.recorded_ns == 0) return;
    table_.Against(
        {name + "/recorded", "ns", "goal", 1},
        [&] { return Figure(ours_, arguments + " recorded"); }, what.recorded_ns);
  }

  void IdleMemory() {
    const std::string arguments = "idle_memory 2";
    const auto ours = [&] { return Figure(ours_, arguments); };
    table_.Against({"primitives/idle_memory", "bytes", "goal 4.6 kB", 1}, ours, 4600);
    if (Exists(Beside("bench_go"))) {
      table_.Compare({"primitives/idle_memory", "bytes", "Go", 0}, ours,
                     [&] { return Figure(Beside("bench_go"), arguments); });
    }
  }

 private:
  void Compare(const std::string& name, const std::string& arguments, const std::string& how,
               const char* program, const char* peer, double goal) {
    const std::string path = Beside(program);
    if (!Exists(path) || !TryFigure(path, arguments).has_value()) return;
    table_.Compare(
        {name, "ns", peer, goal}, [&] { return Figure(ours_, arguments + how); },
        [&] { return Figure(path, arguments); });
  }

  Table& table_;
  const std::string ours_ = Beside("bench_gordian");
};

}  // namespace

void PrimitivesSuite(Table& table) {
  Peers peers(table);
  for (const Primitive& primitive : kPrimitives) {
    for (const int procs : {1, 2}) peers.Rows(primitive, procs);
  }
  peers.IdleMemory();
}

}  // namespace gordian::bench
