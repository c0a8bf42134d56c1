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

// A race on memory that has no name of its own.
bool IsRaceOnHeap(const Finding& finding) {
  return finding.rule.starts_with("race.") && !finding.identity.empty() &&
         finding.identity.front() == "heap";
}

// The findings of one trace, those last that may belong to others.
std::vector<const Finding*> HeapLast(const std::vector<Finding>& findings) {
  std::vector<const Finding*> all;
  for (const bool heap : {false, true}) {
    for (const Finding& finding : findings) {
      if (IsRaceOnHeap(finding) == heap) all.push_back(&finding);
    }
  }
  return all;
}

// Collects entries, trace by trace.
class Folder {
 public:
  void Take(const TraceReport& trace, std::size_t index) {
    between_.clear();
    for (const Finding* finding : HeapLast(trace.findings)) Add(*finding, trace, index);
  }
  std::vector<Entry> Done() { return std::move(entries_); }

 private:
  using Key = std::pair<std::string, Verdict>;

  void Add(const Finding& finding, const TraceReport& trace, std::size_t index) {
    std::string fingerprint = Fingerprint(finding, trace.sites);
    const Key between{finding.rule + FunctionsOf(finding, trace.sites), finding.verdict};
    std::size_t at = entries_.size();
    if (IsRaceOnHeap(finding) && between_.contains(between)) at = between_[between];
    at = known_.try_emplace(Key(fingerprint, finding.verdict), at).first->second;
    if (finding.rule.starts_with("race.")) between_.try_emplace(between, at);
    if (at == entries_.size()) {
      entries_.push_back({&finding, &trace, std::move(fingerprint), {index}, finding.count, {}});
      return;
    }
    Entry& entry = entries_[at];
    entry.count += finding.count;
    if (entry.trace == &trace) entry.folded.push_back(&finding);
    if (entry.traces.back() != index) entry.traces.push_back(index);
  }

  std::vector<Entry> entries_;
  absl::flat_hash_map<Key, std::size_t> known_;    // by fingerprint
  absl::flat_hash_map<Key, std::size_t> between_;  // of this trace's races, by their functions
};

}  // namespace

std::string_view NameOf(Outcome outcome) { return kOutcomes[static_cast<std::size_t>(outcome)]; }
std::string_view NameOf(Verdict verdict) { return kVerdicts[static_cast<std::size_t>(verdict)]; }

std::optional<Verdict> VerdictNamed(std::string_view name) {
  const auto found = std::find(kVerdicts.begin(), kVerdicts.end(), name);
  if (found == kVerdicts.end()) return std::nullopt;
  return static_cast<Verdict>(found - kVerdicts.begin());
}

std::vector<Entry> Entries(const Report& report) {
  Folder folder;
  for (std::size_t i = 0; i < report.traces.size(); ++i) folder.Take(report.traces[i], i);
  return ByWeight(folder.Done());
}

}  // namespace gordian::detector
