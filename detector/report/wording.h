// The words for tasks, places and times that all formats and parts of a report share.
#ifndef GORDIAN_DETECTOR_REPORT_WORDING_H_
#define GORDIAN_DETECTOR_REPORT_WORDING_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "detector/finding/finding.h"
#include "detector/symbols/site_table.h"

namespace gordian::detector {

// Files by the shortest end of their path that tells them apart: "bank.cc", or "a/bank.cc"
// where a report also speaks of "b/bank.cc". The same on every machine.
class FileNames {
 public:
  void Add(std::string_view path);
  void AddAll(const Finding& finding, const SiteTable& sites);

  std::string Name(std::string_view path) const;
  std::string Place(const Frame& frame) const;  // "bank.cc:18"

 private:
  absl::flat_hash_map<std::string, absl::flat_hash_set<std::string>> paths_;  // by base name
};

// "Transfer()", "lambda in main()".
std::string SayFunction(const Frame& frame);

// `Goroutine 3 "alice→bob"`, "Thread 2", "Main".
std::string SayTask(const TaskPart& part);

// "goroutines", "threads": more than one of a kind.
std::string_view SayTasks(trace::TaskKind kind);

// "1.0 s", "250 ms", "3 min 20 s".
std::string SayDuration(std::uint64_t ns);

// "1 finding", "12 findings".
std::string SayCount(std::uint64_t count, std::string_view one);

// Whether the name was given by the program, or is a kind and a number.
bool IsGivenName(std::string_view name, trace::ObjectKind kind);

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_REPORT_WORDING_H_
