// The traces that people name on the command line: the option --from, and files of every
// form opened, with progress on a terminal while they are read.
#ifndef GORDIAN_TOOLS_TRACE_INPUT_H_
#define GORDIAN_TOOLS_TRACE_INPUT_H_

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "detector/reader/trace_source.h"

namespace CLI {
class App;
}

namespace gordian::tools {

class TraceInput {
 public:
  // --from
  void Declare(CLI::App& app);

  struct Opened {
    detector::TraceFormat format = detector::TraceFormat::kGtrace;
    std::unique_ptr<detector::TraceSource> source;
  };
  // Opens `path`, "-" for the standard input; without --from its first bytes tell the form. What a
  // killed program left (FILE.live) is made a trace first. The error names the file.
  absl::StatusOr<Opened> Open(const std::string& path) const;

 private:
  absl::StatusOr<std::string> FileOf(const std::string& path) const;

  std::string form_ = "auto";
  mutable std::map<std::string, std::string> streams_;  // path → where it can be read again
};

// Every event of a trace, in order. Returns what is missing, as clauses; the error is a text
// that is malformed, and names the file.
absl::StatusOr<std::vector<std::string>> ReadEvents(
    const std::string& path, detector::TraceSource& source,
    absl::FunctionRef<void(const trace::Event&)> take);

// What is missing, as clauses: the first few in words, the others counted.
std::vector<std::string> Summarised(std::vector<std::string> gaps);

// "version 5 of object 3 is missing", for each.
std::vector<std::string> MissingVersions(std::span<const detector::Reader::Missing> missing);

// `status` with the name of the file in front.
absl::Status InFile(const std::string& path, const absl::Status& status);

}  // namespace gordian::tools

#endif  // GORDIAN_TOOLS_TRACE_INPUT_H_
