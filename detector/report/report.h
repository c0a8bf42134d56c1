// What is reported, as plain data: the findings of one or more traces with the names of
// their places, what is known about each trace, and what became of the program.
//
// Every output format is a function from a Report to a string (text.h, json.h).
#ifndef GORDIAN_DETECTOR_REPORT_REPORT_H_
#define GORDIAN_DETECTOR_REPORT_REPORT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "detector/finding/finding.h"
#include "detector/report/allow_list.h"
#include "detector/report/suppressions.h"
#include "detector/symbols/site_table.h"

namespace gordian::detector {

// What is known about a trace apart from its findings.
struct TraceFacts {
  std::string file;
  std::string command;  // of the recorded program; may be empty
  bool complete = true;
  std::vector<std::string> gaps;  // why it is not complete, one clause each
  std::uint64_t events = 0;
  std::uint64_t tasks = 0;
  std::uint64_t objects = 0;
  std::uint64_t dropped = 0;  // events that were lost
  std::uint64_t duration_ns = 0;
};

struct TraceReport {
  TraceFacts facts;
  std::vector<Finding> findings;
  std::vector<Suppressions::Line> suppressed;  // as the program says
  SiteTable sites;
};

// How the recorded program ended, where somebody watched it.
struct ProgramEnd {
  std::optional<int> exit_status;
  std::optional<int> signal;
  bool by_gordian = false;  // it hung or outlived its time, and was ended
  bool hung = false;        // it could never have gone on

  // As a shell counts: 128 + signal.
  int status() const { return signal ? 128 + *signal : exit_status.value_or(0); }
};

enum class Outcome : std::uint8_t {
  kClean,         // nothing at or above the threshold, in complete traces
  kFindings,      // something at or above the threshold
  kInconclusive,  // nothing at or above it, but a trace is incomplete or empty
};
std::string_view NameOf(Outcome outcome);  // "clean", "findings", "inconclusive"

struct Report {
  std::vector<TraceReport> traces;
  std::optional<ProgramEnd> program;
  std::vector<AllowList::Pattern> allowed;  // leaks on purpose, and how many there were
  Outcome outcome = Outcome::kClean;
  int exit_status = 0;  // of the command that reports
};

// A finding with all it needs to be printed. The same bug in several traces, or
// several times in one, is one entry.
struct Entry {
  const Finding* finding = nullptr;
  const TraceReport* trace = nullptr;
  std::string fingerprint;
  std::vector<std::size_t> traces;  // positions of the traces that have it
  std::uint32_t count = 0;          // occurrences in all of them
  // Others of the first trace with the same fingerprint; of a race, also those on heap blocks
  // between the same functions: what a variable points to is raced on together with it.
  std::vector<const Finding*> folded;
};

// Every finding of the report, the weightiest verdict first, in the traces' order otherwise.
std::vector<Entry> Entries(const Report& report);

std::string_view NameOf(Verdict verdict);  // "confirmed", "predicted", "suspected", "info"
std::optional<Verdict> VerdictNamed(std::string_view name);

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_REPORT_REPORT_H_
