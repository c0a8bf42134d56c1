// gordian verify TRACE…: whether traces are whole, and can have happened.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "detector/reader/verifier.h"
#include "detector/report/wording.h"
#include "tools/command.h"
#include "tools/outcome.h"
#include "tools/trace_input.h"

namespace gordian::tools {
namespace {

constexpr int kExitUnlawful = 1;

class Verify final : public Command {
 public:
  void Declare(CLI::App& app) override {
    app.add_option("TRACE", paths_, "traces")->required();
    input_.Declare(app);
  }

  // The worst of all traces: unreadable, then unlawful, then incomplete.
  int Run() override {
    bool unreadable = false, unlawful = false, incomplete = false;
    for (const std::string& path : paths_) {
      const int status = VerifyTrace(path);
      unreadable |= status == kExitUsage;
      unlawful |= status == kExitUnlawful;
      incomplete |= status == kExitInconclusive;
    }
    return unreadable ? kExitUsage : unlawful ? kExitUnlawful : incomplete ? kExitInconclusive : 0;
  }

 private:
  int VerifyTrace(const std::string& path) const {
    absl::StatusOr<TraceInput::Opened> opened = input_.Open(path);
    if (!opened.ok()) return Complain(std::string(opened.status().message()));
    detector::Verifier verifier;
    bool ended = opened->format == detector::TraceFormat::kStd;
    const detector::OrderedTrace read =
        detector::ReadInOrder(*opened->source, [&](const trace::Event& event) {
          verifier.Take(event);
          ended |= event.type == trace::EventType::kProcessEnd;
        });
    verifier.Finish(read.complete && ended);
    for (const detector::Violation& violation : verifier.violations()) {
      std::cout << path << ": " << violation.message << " [" << violation.rule << "]\n";
    }
    if (verifier.count() > verifier.violations().size()) {
      std::cout << path << ": and " << verifier.count() - verifier.violations().size() << " more\n";
    }
    std::vector<std::string> gaps = read.problems;
    for (std::string& hole : MissingVersions(read.missing)) gaps.push_back(std::move(hole));
    if (read.skipped > 0)
      gaps.push_back(absl::StrCat(read.skipped, " events belong to nobody known"));
    if (!ended) gaps.emplace_back("it ends before the program did");
    for (const std::string& gap : gaps) std::cout << path << ": " << gap << "\n";
    return Conclude(path, read, verifier.count(), gaps.empty());
  }

  static int Conclude(const std::string& path, const detector::OrderedTrace& read,
                      std::uint64_t violations, bool whole) {
    if (absl::IsFailedPrecondition(read.status)) {  // a line of STD that cannot have happened
      std::cout << InFile(path, read.status).message() << "\n";
      ++violations;
    } else if (!read.status.ok()) {
      return Complain(std::string(InFile(path, read.status).message()));
    }
    std::cout << path << ": " << detector::SayCount(read.events, "event") << ", "
              << (violations > 0 ? "not lawful"
                  : whole        ? "whole and lawful"
                                 : "lawful as far as it goes")
              << "\n";
    return violations > 0 ? kExitUnlawful : whole ? 0 : kExitInconclusive;
  }

  std::vector<std::string> paths_;
  TraceInput input_;
};

}  // namespace

std::unique_ptr<Command> MakeVerify() { return std::make_unique<Verify>(); }

}  // namespace gordian::tools
