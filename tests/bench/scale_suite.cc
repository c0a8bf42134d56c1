// One thing in large numbers: what an item costs among N of them beside what it costs among N/10,
// and beside Go. Time and memory per item should stay flat.
#include <array>
#include <string>

#include "tests/bench/side_program.h"
#include "tests/bench/suites.h"

namespace gordian::bench {
namespace {

// Caches and page tables are felt at N and not at N/10.
constexpr double kFlat = 1.5;

struct Scale {
  const char* name;
  int n;
  bool has_memory = true;
};

constexpr std::array<Scale, 5> kScales = {{
    {"goroutines_parked", 1'000'000},
    {"goroutines_in_turn", 10'000'000, false},
    {"channel_waiters", 10'000},
    {"context_children", 100'000},
    {"timers", 1'000'000},
}};

std::string Arguments(const Scale& scale, int n, const std::string& unit) {
  return std::string(scale.name) + " " + std::to_string(n) + " " + unit;
}

void Rows(Table& table, const Scale& scale, const std::string& unit) {
  const std::string ours = Beside("bench_scale"), go = Beside("bench_go_scale");
  const std::string name = std::string("scale/") + scale.name + "/" + unit;
  const auto at_n = [&] { return Figure(ours, Arguments(scale, scale.n, unit)); };
  table.Compare({name, unit, "N/10", kFlat}, at_n,
                [&] { return Figure(ours, Arguments(scale, scale.n / 10, unit)); });
  if (!Exists(go)) return;
  table.Compare({name, unit, "Go", 0}, at_n,
                [&] { return Figure(go, Arguments(scale, scale.n, unit)); });
}

}  // namespace

void ScaleSuite(Table& table) {
  for (const Scale& scale : kScales) {
    Rows(table, scale, "ns");
    if (scale.has_memory) Rows(table, scale, "bytes");
  }
}

}  // namespace gordian::bench
