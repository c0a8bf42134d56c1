// VerifyNone: what was found since the last call, for any test framework.
#include <iostream>

#include "detector/report/report.h"
#include "gordian/internal/fatal.h"
#include "gordian/internal/freeze.h"
#include "gordian/testing.h"
#include "instrument/recorder/recorder.h"
#include "lib/inprocess/session.h"
#include "lib/inprocess/settle.h"

namespace gordian::testing {
namespace {

// The program is about to end itself, with a report of its own that follows.
void OnFatal(std::string_view /*report*/) {
  inprocess::Session& session = inprocess::Session::Get();
  const bool asleep = internal::StandingStill();
  std::vector<detector::Finding> found = session.Failing(
      session.Judge(asleep ? detector::CutKind::kStandstill : detector::CutKind::kTestEnd));
  // Who is still there was cut short.
  std::erase_if(found, [](const auto& finding) { return finding.rule.starts_with("leak."); });
  if (!found.empty()) std::cerr << session.Report(found) << "\n";
}

// The stretch between two calls counts as a test. The first begins with the process, so that
// what global constructors spawn is seen too.
struct Stretch {
  Stretch() {
    Begin();
    if (inprocess::Session::Get().judging()) internal::SetFatalHook(OnFatal);
  }
  void Begin() {
    test = inprocess::Session::Get().BeginTest("since the last VerifyNone()");
    first_task = recorder::NextTask();
  }

  std::uint32_t test = 0;
  trace::TaskId first_task = 0;
};
Stretch g_stretch;

}  // namespace

std::vector<Found> VerifyNone() {
  inprocess::Session& session = inprocess::Session::Get();
  if (!session.judging()) return {};
  inprocess::Settle(g_stretch.first_task);
  std::vector<Found> found;
  const auto failing = session.Failing(session.Judge(detector::CutKind::kTestEnd, g_stretch.test));
  for (const detector::Finding& finding : failing) {
    found.push_back({finding.rule, std::string(detector::NameOf(finding.verdict)), finding.title,
                     session.Report({finding})});
  }
  inprocess::FreezeParked(g_stretch.first_task);
  g_stretch.Begin();  // ends the one before it; no body of a test has returned
  return found;
}

}  // namespace gordian::testing
