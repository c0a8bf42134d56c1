#include "tests/bench/harness.h"

#include <time.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

namespace gordian::bench {
namespace {

constexpr std::size_t kRounds = 5;

double Median(std::array<double, kRounds> values) {
  std::sort(values.begin(), values.end());
  return values[kRounds / 2];
}

}  // namespace

void Table::Add(const What& what, double ours, double peer) {
  const double ratio = what.more_is_better ? peer / ours : ours / peer;
  rows_.push_back({what.name, what.unit, ours, what.peer_name, peer, ratio, what.goal});
  const Row& row = rows_.back();
  std::fprintf(stderr, "  %s: %.3g %s\n", row.name.c_str(), row.ours, row.unit.c_str());
}

void Table::Compare(const What& what, const Measure& ours, const Measure& peer) {
  std::array<double, kRounds> our_figures{}, peer_figures{};
  for (std::size_t round = 0; round < kRounds; ++round) {
    our_figures[round] = ours();
    peer_figures[round] = peer();
  }
  Add(what, Median(our_figures), Median(peer_figures));
}

void Table::Against(const What& what, const Measure& ours, double peer) {
  std::array<double, kRounds> figures{};
  for (double& figure : figures) figure = ours();
  Add(what, Median(figures), peer);
}

void Table::Print() const {
  std::printf("%-44s %-14s %10s  %-28s %10s %8s %8s\n", "name", "unit", "ours", "peer", "", "ratio",
              "goal");
  for (const Row& row : rows_) {
    std::printf("%-44s %-14s %10.4g  %-28s %10.4g %8.3g ", row.name.c_str(), row.unit.c_str(),
                row.ours, row.peer_name.c_str(), row.peer, row.ratio);
    if (row.goal > 0) {
      std::printf("%8.3g %s\n", row.goal, row.ratio <= row.goal ? "met" : "MISSED");
    } else {
      std::printf("%8s\n", "-");
    }
  }
}

bool Table::WriteJson(const std::string& path) const {
  nlohmann::json document = nlohmann::json::array();
  for (const Row& row : rows_) {
    document.push_back({{"name", row.name},
                        {"unit", row.unit},
                        {"ours", row.ours},
                        {"peer_name", row.peer_name},
                        {"peer", row.peer},
                        {"ratio", row.ratio},
                        {"goal", row.goal}});
  }
  std::ofstream out(path);
  out << document.dump(2) << '\n';
  return static_cast<bool>(out.flush());
}

double CpuSeconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

double NsPer(std::uint64_t iterations, const std::function<void()>& body) {
  const double before = CpuSeconds();
  body();
  return (CpuSeconds() - before) * 1e9 / static_cast<double>(iterations);
}

}  // namespace gordian::bench
