#include "tools/run/deadlocked_test.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace gordian::tools {
namespace {

using detector::Finding;

constexpr trace::TaskId kMain = 1;  // runs the tests
constexpr std::chrono::milliseconds kPatience{500};

}  // namespace

std::string Titles(std::span<const Finding> findings) {
  std::string titles;
  for (const Finding& finding : findings) {
    if (finding.verdict != detector::Verdict::kConfirmed) continue;
    absl::StrAppend(&titles, finding.rule, ": ", finding.title, "\n");
  }
  return titles;
}

void DeadlockedTest::Add(std::span<const Finding> findings, const detector::Model& model) {
  const std::uint32_t test = model.current_test();
  for (const Finding& finding : findings) {
    const bool of_test = std::ranges::any_of(finding.explains, [&](trace::TaskId task) {
      return task == kMain || model.Task(task).test == test;
    });
    if (test == 0 || !of_test) continue;
    if (test != std::exchange(test_, test)) why_.clear();
    why_ += Titles(std::span(&finding, 1));
    wait_seq_ = 0;
  }
}

std::string DeadlockedTest::TakeEnd(const detector::Model& model, Clock::time_point now) {
  if (test_ != model.current_test()) test_ = 0;
  if (test_ == 0) return "";
  const detector::Wait& wait = model.Task(kMain).wait;
  const bool blocked = wait && !wait.timed && wait.kind != detector::WaitKind::kSleep;
  const std::uint64_t seq = blocked ? wait.seq : 0;
  if (seq == 0 || seq != std::exchange(wait_seq_, seq)) since_ = now;
  if (now - since_ < kPatience) return "";
  test_ = 0;
  return std::exchange(why_, "");
}

}  // namespace gordian::tools
