#include "tools/report_options.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "detector/report/json.h"
#include "detector/report/text.h"
#include "tools/command.h"

namespace gordian::tools {
namespace {

constexpr int kDefaultWidth = 100;
constexpr int kLeastWidth = 60;
constexpr int kMostWidth = 120;

// What a program's own GORDIAN_OPTIONS can say as well.
struct JudgingOption {
  const char* flag;
  const char* key;  // in the table of options (options.h)
  const char* takes;
  const char* help;
};
constexpr JudgingOption kJudging[] = {
    {"--fail-on", "fail_on", "WHAT",
     "none, confirmed, predicted (the default), suspected, or RULE=VERDICT"},
    {"--allow", "allow", "PATTERN",
     "goroutines and threads that leak on purpose, by name, function or file:line; * and ? match"},
    {"--starvation-count", "starvation_count", "N", "starvation: times overtaken (64)"},
    {"--starvation-time", "starvation_time", "TIME", "starvation: and waited so long (1s)"},
    {"--livelock-count", "livelock_count", "N", "livelock.retry: rounds without progress (100)"},
    {"--spin-count", "spin_count", "N", "livelock.spin: failing attempts (10000)"},
};

bool IsSet(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

// Only a locale that names another character set asks for plain ASCII.
bool UseUnicode() {
  for (const char* variable : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    if (!IsSet(variable)) continue;
    const std::string locale = absl::AsciiStrToUpper(std::getenv(variable));
    const std::size_t dot = locale.find('.');
    return dot == std::string::npos || locale.find("UTF", dot) != std::string::npos;
  }
  return true;
}

}  // namespace

bool UseColor(const std::string& mode, int descriptor) {
  if (mode != "auto") return mode == "always";
  const char* terminal = std::getenv("TERM");
  const bool dumb = terminal != nullptr && std::string_view(terminal) == "dumb";
  return isatty(descriptor) != 0 && !IsSet("NO_COLOR") && !dumb;
}

int WidthOf(int descriptor) {
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kDefaultWidth;
  return std::clamp<int>(size.ws_col, kLeastWidth, kMostWidth);
}

absl::Status WriteAll(int descriptor, const std::string& text) {
  std::size_t written = 0;
  while (written < text.size()) {
    const ssize_t count = write(descriptor, text.data() + written, text.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return absl::UnavailableError(std::strerror(errno));
    written += static_cast<std::size_t>(count);
  }
  return absl::OkStatus();
}

void ReportOptions::Declare(CLI::App& app) {
  app.add_option("--format", format_, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  app.add_option("-o,--output", output_, "write the report into this file")->type_name("FILE");
  judging_.resize(std::size(kJudging));
  for (std::size_t i = 0; i < std::size(kJudging); ++i) {
    app.add_option(kJudging[i].flag, judging_[i], kJudging[i].help)
        ->type_name(kJudging[i].takes)
        ->allow_extra_args(false);
  }
  app.add_option("--exit-code", exit_code_, "exit with this where there are findings")
      ->check(CLI::Range(0, 255))
      ->capture_default_str();
  app.add_option("--color", color_, "auto, always or never")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->capture_default_str();
}

absl::Status ReportOptions::Check(const recorder::Options& defaults) {
  options_ = defaults;
  for (std::size_t i = 0; i < judging_.size(); ++i) {
    for (const std::string& value : judging_[i]) {
      const std::string problem = recorder::SetOption(kJudging[i].key, value, options_);
      if (problem.empty()) continue;
      return absl::InvalidArgumentError(absl::StrCat(kJudging[i].flag, ": ", problem));
    }
  }
  absl::StatusOr<FailPolicy> policy = ParseFailOn(options_.fail_on);
  if (!policy.ok()) return policy.status();
  policy_ = *std::move(policy);
  allow_ = detector::AllowList(options_.allow);
  return absl::OkStatus();
}

detector::Limits ReportOptions::limits() const {
  return {.overtaken = static_cast<std::uint32_t>(options_.starvation_count),
          .starved_ns = static_cast<std::uint64_t>(options_.starvation_time.count()),
          .livelock_rounds = static_cast<std::uint32_t>(options_.livelock_count),
          .spin_rounds = static_cast<std::uint32_t>(options_.spin_count)};
}

void ReportOptions::Announce(const std::string& heading, const detector::Report& report,
                             int descriptor) const {
  if (format_ != "text" && output_.empty()) return;
  // Where it cannot be written, the report will say that it cannot.
  WriteAll(descriptor, absl::StrCat(heading, "\n\n", AsText(report, descriptor), "\n"))
      .IgnoreError();
}

std::string ReportOptions::Format(const detector::Report& report, int descriptor) const {
  return format_ == "json" ? ToJson(report) : AsText(report, descriptor);
}

std::string ReportOptions::AsText(const detector::Report& report, int descriptor) const {
  return ToText(report, {.color = UseColor(color_, descriptor),
                         .unicode = UseUnicode(),
                         .width = WidthOf(descriptor)});
}

absl::StatusOr<int> ReportOptions::Finish(detector::Report& report, int descriptor,
                                          bool failed) const {
  report.allowed = allow_.patterns();
  Conclude(report, policy_, exit_code_);
  if (failed) report.exit_status = kExitUsage;
  const int status = report.exit_status;
  if (output_.empty()) {
    if (absl::Status written = WriteAll(descriptor, Format(report, descriptor)); !written.ok()) {
      return absl::UnavailableError(
          absl::StrCat("cannot write the report: ", std::string(written.message())));
    }
    return status;
  }
  const int file = open(output_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  absl::Status written = file < 0 ? absl::UnavailableError(std::strerror(errno))
                                  : WriteAll(file, Format(report, file));
  if (file >= 0 && close(file) != 0 && written.ok()) {
    written = absl::UnavailableError(std::strerror(errno));
  }
  if (!written.ok()) {
    return absl::UnavailableError(
        absl::StrCat("cannot write the report to ", output_, ": ", std::string(written.message())));
  }
  return status;
}

}  // namespace gordian::tools
