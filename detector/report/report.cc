#include "detector/report/report.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "detector/report/fingerprint.h"

namespace gordian::detector {
namespace {

constexpr std::array<std::string_view, 4> kVerdicts = {"info", "suspected", "predicted",
                                                       "confirmed"};
constexpr std::array<std::string_view, 3> kOutcomes = {"clean", "findings", "inconclusive"};

std::vector<Entry> ByWeight(std::vector<Entry> entries) {
  std::vector<Entry> sorted;
  for (Verdict verdict :
       {Verdict::kConfirmed, Verdict::kPredicted, Verdict::kSuspected, Verdict::kInfo}) {
    for (Entry& entry : entries) {
      if (entry.finding->verdict == verdict) sorted.push_back(std::move(entry));
    }
  }
  return sorted;
}

}  // namespace

std::string_view NameOf(Outcome outcome) { return kOutcomes[static_cast<std::size_t>(outcome)]; }
std::string_view NameOf(Verdict verdict) { return kVerdicts[static_cast<std::size_t>(verdict)]; }

std::optional<Verdict> VerdictNamed(std::string_view name) {
  const auto found = std::find(kVerdicts.begin(), kVerdicts.end(), name);
  if (found == kVerdicts.end()) return std::nullopt;
  return static_cast<Verdict>(found - kVerdicts.begin());
}

std::vector<Entry> Entries(const Report& report) {
  std::vector<Entry> entries;
  // Where the entry with this fingerprint and verdict is.
  absl::flat_hash_map<std::pair<std::string, Verdict>, std::size_t> known;
  for (std::size_t i = 0; i < report.traces.size(); ++i) {
    const TraceReport& trace = report.traces[i];
    for (const Finding& finding : trace.findings) {
      std::string fingerprint = Fingerprint(finding, trace.sites);
      const auto [found, is_new] =
          known.try_emplace(std::pair(fingerprint, finding.verdict), entries.size());
      if (is_new) {
        entries.push_back({&finding, &trace, std::move(fingerprint), {i}, finding.count, {}});
        continue;
      }
      Entry& entry = entries[found->second];
      entry.count += finding.count;
      if (entry.trace == &trace) entry.folded.push_back(&finding);
      if (entry.traces.back() != i) entry.traces.push_back(i);
    }
  }
  return ByWeight(std::move(entries));
}

}  // namespace gordian::detector
