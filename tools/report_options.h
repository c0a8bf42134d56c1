// The options of every subcommand that reports, and what they do: which findings count and fail, in
// what format the report is written, where to, and in colour or not.
#ifndef GORDIAN_TOOLS_REPORT_OPTIONS_H_
#define GORDIAN_TOOLS_REPORT_OPTIONS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "detector/analysis/analysis.h"
#include "detector/report/allow_list.h"
#include "detector/report/report.h"
#include "instrument/recorder/options.h"
#include "tools/outcome.h"

namespace CLI {
class App;
}

namespace gordian::tools {

class ReportOptions {
 public:
  // --format, -o, --exit-code, --color; --fail-on, --allow and the thresholds.
  void Declare(CLI::App& app);

  // What can only be checked once all is parsed; call it before any work is done. What the
  // command line says nothing of is as in `defaults`.
  absl::Status Check(const recorder::Options& defaults = {});

  // After Check().
  detector::Limits limits() const;
  detector::AllowList& allow() { return allow_; }
  int exit_code() const { return exit_code_; }  // where there are findings

  // Concludes the report and writes it: into the file of -o, else to `descriptor`. Returns
  // the exit status, or why the report could not be written. `failed`: something could not be
  // read, which goes before all findings.
  absl::StatusOr<int> Finish(detector::Report& report, int descriptor, bool failed = false) const;

  // What is known before the report: as text, under `heading`. Says nothing where the report
  // itself goes to `descriptor` as a document of another format, which must stay whole.
  void Announce(const std::string& heading, const detector::Report& report, int descriptor) const;

 private:
  std::string AsText(const detector::Report& report, int descriptor) const;
  std::string Format(const detector::Report& report, int descriptor) const;

  std::string format_ = "text";
  std::string output_;
  std::string color_ = "auto";
  int exit_code_ = kExitFindings;
  std::vector<std::vector<std::string>> judging_;  // as given, by row of kJudging
  recorder::Options options_;
  FailPolicy policy_;
  detector::AllowList allow_;
};

// Whether to write colours to `descriptor`: `mode` is auto, always or never. `auto` is a
// terminal that is not dumb, without NO_COLOR.
bool UseColor(const std::string& mode, int descriptor);

// Columns of the terminal behind `descriptor`, within bounds that read well; 100 without one.
int WidthOf(int descriptor);

// Writes all of `text`, or says why not.
absl::Status WriteAll(int descriptor, const std::string& text);

}  // namespace gordian::tools

#endif  // GORDIAN_TOOLS_REPORT_OPTIONS_H_
