#include "lib/inprocess/guard.h"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <iterator>
#include <mutex>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gordian/internal/fatal.h"
#include "gordian/internal/freeze.h"
#include "gordian/internal/futex.h"
#include "gordian/internal/overflow.h"
#include "gordian/internal/task_state.h"
#include "gordian/internal/threads.h"
#include "instrument/recorder/attach.h"
#include "instrument/recorder/guest.h"
#include "instrument/recorder/options.h"
#include "instrument/recorder/own_mutex.h"
#include "instrument/recorder/recorder.h"
#include "lib/inprocess/session.h"
#include "lib/inprocess/settle.h"

namespace gordian::inprocess {
namespace {

using detector::CutKind;
using detector::Finding;

constexpr std::int64_t kFirstLook = 250'000'000;       // after the test's begin, ns
constexpr std::int64_t kSupervisorPoll = 100'000'000;  // ns

struct Guard {
  Abandon abandon = nullptr;
  std::terminate_handler outer_terminate = nullptr;
  internal::Signal signal;
  std::atomic<bool> armed{false};
  std::atomic<const std::string_view*> overflow{nullptr};  // the report of a stack's overflow

  recorder::OwnMutex mutex;
  std::uint32_t test = 0;  // 0: not armed
  internal::Task* own = nullptr;
  trace::TaskId first_task = 0;  // ids from here on were spawned in the test
  std::int64_t deadline_ns = -1;
  bool deadlocked = false;     // some of the test's tasks are, for ever
  std::uint64_t own_wait = 0;  // what the own task has waited in since then
  std::int64_t own_wait_began_ns = 0;
  std::int64_t next_look_ns = 0;
  std::int64_t look_pause_ns = 0;
  bool unwinding = false;
  std::vector<Finding> found;
  std::string told;             // by the supervisor: why the test hangs
  std::int64_t give_up_ns = 0;  // until then it may still say so
};

// Never destroyed: the watch runs until the process ends.
Guard& TheGuard() {
  static Guard& guard = *new Guard;
  return guard;
}

std::string ReportOf(std::vector<Finding> findings) {
  findings = Session::Get().Failing(std::move(findings));
  return findings.empty() ? "" : Session::Get().Report(findings);
}

// Why the test has to end.
std::string ReportOf(const Guard& guard, std::string_view otherwise) {
  const std::string found = ReportOf(guard.found);
  if (!found.empty()) return found;
  if (guard.told.empty()) return std::string(otherwise);
  return guard.told + "The report of `gordian run` tells the rest.";
}

// Under `gordian run`: whether the supervisor has said why the test hangs, or has had the time.
bool IsJudged(Guard& guard, std::int64_t now) {
  constexpr std::int64_t kPatience = 3'000'000'000;
  if (!recorder::Supervised() || !guard.told.empty()) return true;
  if (guard.give_up_ns == 0) guard.give_up_ns = now + kPatience;
  return now >= guard.give_up_ns;
}

// The test stands still: judges, and makes its own task's blocked call throw.
void Rescue(Guard& guard) {
  std::vector<Finding> found = Session::Get().Judge(CutKind::kStandstill, guard.test);
  guard.found.insert(guard.found.end(), found.begin(), found.end());
  FreezeParked(guard.first_task, internal::IdOf(*guard.own));
  guard.unwinding = true;
  if (internal::UnwindTask(*guard.own)) return;
  guard.abandon(ReportOf(guard, "Nothing can run any more, and the test cannot be ended."));
}

// Some of the test's tasks may be deadlocked while others run on. Then the test has failed, and it
// is over once its own task has been blocked for as long as leaks may take to settle.
bool IsOverByDeadlock(Guard& guard, std::int64_t now) {
  Session& session = Session::Get();
  const trace::TaskId own = internal::IdOf(*guard.own);
  for (const Finding& finding : session.LookForDeadlocks()) {
    guard.deadlocked |= std::ranges::any_of(finding.explains, [&](trace::TaskId task) {
      return task >= guard.first_task || task == own;
    });
  }
  if (!guard.deadlocked) return false;
  const std::uint64_t wait = session.WaitOf(own);
  if (wait == 0 || wait != std::exchange(guard.own_wait, wait)) guard.own_wait_began_ns = now;
  return now - guard.own_wait_began_ns >= recorder::ProcessOptions().leak_grace.count();
}

// Looks come soon, then less and less often; most tests are over before the first.
void Look(Guard& guard, std::int64_t now) {
  constexpr std::int64_t kSeldom = 2'000'000'000;
  if (IsOverByDeadlock(guard, now)) {
    // Those that run on may use the frames that unwinding would take away.
    std::vector<Finding> found = Session::Get().Judge(CutKind::kStandstill, guard.test);
    guard.found.insert(guard.found.end(), found.begin(), found.end());
    guard.abandon(ReportOf(guard, "Some tasks of the test are deadlocked."));
  }
  const std::int64_t pause =
      guard.deadlocked ? kFirstLook : std::min(guard.look_pause_ns * 3 / 2, kSeldom);
  guard.look_pause_ns = pause;
  guard.next_look_ns = internal::MonotonicNs() + pause;
}

// Who is still there was cut short, as the test was.
void DropLeaks(std::vector<Finding>& found) {
  std::erase_if(found, [](const Finding& finding) { return finding.rule.starts_with("leak."); });
}

// The test has failed: what is suspected may tell why.
void TimeOut(Guard& guard) {
  Session& session = Session::Get();
  std::vector<Finding> found = session.Judge(CutKind::kTestEnd, guard.test);
  DropLeaks(found);
  found.insert(found.begin(), guard.found.begin(), guard.found.end());
  std::erase_if(found,
                [](const Finding& finding) { return finding.verdict == detector::Verdict::kInfo; });
  const auto limit = absl::FromChrono(recorder::ProcessOptions().test_timeout);
  const std::string late = absl::StrCat(
      "The test did not end in time (test_timeout=", absl::FormatDuration(limit), ").");
  if (!session.judging()) guard.abandon(late + " `gordian run` reports what is wrong in it.");
  const std::string tasks = session.Tasks();
  guard.abandon(absl::StrCat(
      late, tasks.empty() ? " Its tasks have recorded nothing.\n" : " Its tasks as they are:\n\n",
      tasks, "\n", found.empty() ? "" : session.Report(found)));
}

// What is to be done now; returns when to look again, -1 for when something happens.
std::int64_t Tend(Guard& guard) {
  if (guard.test == 0) return -1;
  const std::int64_t now = internal::MonotonicNs();
  guard.told += recorder::TakeHang();
  if (internal::StandingStill()) {
    if (guard.unwinding) guard.abandon(ReportOf(guard, "A destructor waits for ever."));
    if (!IsJudged(guard, now)) return now + kSupervisorPoll;
    Rescue(guard);
  } else if (!guard.told.empty() && !guard.unwinding) {
    guard.abandon(ReportOf(guard, ""));  // in what the library knows nothing of
  } else if (now >= guard.deadline_ns) {
    TimeOut(guard);
  } else if (!guard.unwinding && now >= guard.next_look_ns) {
    Look(guard, now);
  }
  guard.give_up_ns = 0;
  if (guard.unwinding) return guard.deadline_ns;
  const std::int64_t next = std::min(guard.deadline_ns, guard.next_look_ns);
  return recorder::Supervised() ? std::min(next, now + kSupervisorPoll) : next;
}

void* Watch(void*) {
  pthread_setname_np(pthread_self(), "gordian-guard");  // by which a supervisor knows it
  internal::AdoptThread(internal::NewThreadTask(trace::TaskKind::kInternal));
  const recorder::Unseen unseen;
  Guard& guard = TheGuard();
  std::int64_t next = -1;
  for (;;) {
    guard.signal.WaitOnce(next);
    if (const std::string_view* overflow = guard.overflow.load()) {
      guard.abandon(std::string(*overflow));
    }
    std::lock_guard lock(guard.mutex);
    next = Tend(guard);
  }
}

// An exception that cannot pass a frame ends here; so does everybody else's terminate.
[[noreturn]] void OnTerminate() {
  Guard& guard = TheGuard();
  if (guard.unwinding && guard.own == internal::CurrentTaskOrNull()) {
    guard.abandon(ReportOf(guard, "The test cannot go on, and cannot be unwound."));
  }
  guard.outer_terminate();
  std::abort();
}

// A fatal misuse or an escaped panic: the program is about to end.
void OnFatal(std::string_view report) {
  Guard& guard = TheGuard();
  std::lock_guard lock(guard.mutex);
  if (guard.test == 0) return;
  std::vector<Finding> found = Session::Get().Judge(CutKind::kTestEnd, guard.test);
  DropLeaks(found);
  const std::string findings = ReportOf(std::move(found));
  guard.abandon(findings.empty() ? std::string(report) : std::string(report) + "\n" + findings);
}

// A goroutine has run over its stack; its thread is in the signal's handler.
bool OnOverflow(std::string_view report) {
  Guard& guard = TheGuard();
  if (!guard.armed.load()) return false;
  static std::string_view kept;
  kept = report;
  guard.overflow.store(&kept);
  guard.signal.Post();
  return true;
}

}  // namespace

void StartGuard(Abandon abandon) {
  Guard& guard = TheGuard();
  guard.abandon = abandon;
  guard.outer_terminate = std::set_terminate(OnTerminate);
  recorder::EndOwnTests();
  internal::SetFatalHook(OnFatal);
  internal::SetOverflowHook(OnOverflow);
  internal::StartInternalThread(Watch, nullptr);
  internal::OnStandstill([] { TheGuard().signal.Post(); });
}

void ArmGuard(std::uint32_t test) {
  Guard& guard = TheGuard();
  std::lock_guard lock(guard.mutex);
  guard.test = test;
  guard.own = &internal::CurrentTask();
  guard.own->unwinding = false;  // the test before it may have been unwound
  guard.first_task = recorder::NextTask();
  const std::int64_t now = internal::MonotonicNs();
  guard.deadline_ns = now + recorder::ProcessOptions().test_timeout.count();
  guard.unwinding = guard.deadlocked = false;
  guard.own_wait = 0;
  guard.look_pause_ns = kFirstLook;
  guard.next_look_ns = now + kFirstLook;
  guard.found.clear();
  guard.told.clear();
  guard.give_up_ns = 0;
  recorder::TakeHang();  // was about the test before
  guard.armed.store(true);
  guard.signal.Post();
}

std::string DisarmGuard() {
  Guard& guard = TheGuard();
  Session& session = Session::Get();
  if (!guard.unwinding) Settle(guard.first_task);
  std::lock_guard lock(guard.mutex);
  session.EndTest(guard.test);  // what its body has left locked is judged with it
  std::vector<Finding> found = session.Judge(CutKind::kTestEnd, guard.test);
  if (session.judging()) FreezeParked(guard.first_task, internal::IdOf(*guard.own));
  guard.found.insert(guard.found.end(), std::make_move_iterator(found.begin()),
                     std::make_move_iterator(found.end()));
  guard.test = 0;
  guard.armed.store(false);
  if (const std::string told = session.TellSuspected(guard.found); !told.empty()) {
    std::cerr << "gordian: suspected; no test fails for it (fail_on):\n" << told << "\n";
  }
  return ReportOf(guard, guard.unwinding ? "Nothing could run any more." : "");
}

}  // namespace gordian::inprocess
