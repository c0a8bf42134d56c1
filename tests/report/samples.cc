#include "tests/report/samples.h"

#include <utility>

namespace gordian::testing {

using detector::Edge;
using detector::Finding;
using detector::HeldLock;
using detector::ObjectPart;
using detector::SiteTable;
using detector::TaskPart;
using detector::TraceReport;
using detector::Verdict;
using detector::Waiting;

void DefineSite(SiteTable& sites, trace::SiteId id, std::string_view file, std::uint32_t line,
                std::string_view function) {
  const std::string text = std::string(file) + "\n" + std::string(function);
  trace::Event event;
  event.type = trace::EventType::kSite;
  event.subject = id;
  event.args = {line, 3, 0, 0};
  event.text = text;
  sites.Take(event);
}

TraceReport BankDeadlock(std::string_view file, std::uint32_t first_line) {
  enum : trace::SiteId { kFirst = 1, kSecond, kGoAlice, kGoBob, kMade };
  TraceReport trace;
  DefineSite(trace.sites, kFirst, file, first_line, "void Transfer(Account &, Account &, Cents)");
  DefineSite(trace.sites, kSecond, file, first_line + 1,
             "void Transfer(Account &, Account &, Cents)");
  DefineSite(trace.sites, kGoAlice, "/src/bank_test.cc", 41, "void TransferBothWays()");
  DefineSite(trace.sites, kGoBob, "/src/bank_test.cc", 42, "void TransferBothWays()");
  DefineSite(trace.sites, kMade, "/src/bank_test.cc", 12, "void TransferBothWays()");

  Finding finding;
  finding.rule = "deadlock.cycle";
  finding.test = "Bank.TransferBothWays";
  finding.title = "two goroutines wait for each other for ever";
  finding.summary =
      "Two goroutines wait for each other for ever: \"alice→bob\" holds accounts[0].mu and waits "
      "for accounts[1].mu, \"bob→alice\" holds accounts[1].mu and waits for accounts[0].mu.";
  finding.picture = {{"alice→bob", "waits", "accounts[1].mu"},
                     {"accounts[1].mu", "held by", "bob→alice"},
                     {"bob→alice", "waits", "accounts[0].mu"},
                     {"accounts[0].mu", "held by", "alice→bob"}};
  const auto part = [](trace::TaskId id, std::string name, trace::SiteId spawned,
                       trace::ObjectId held, trace::ObjectId wanted) {
    TaskPart task{.id = id, .name = std::move(name), .spawned_at = spawned, .parent = 1};
    task.held = {HeldLock{.object = held, .site = kFirst}};
    task.is_waiting = true;
    task.waiting = Waiting{.object = wanted,
                           .operation = "Lock",
                           .site = kSecond,
                           .since_ns = 2'000'000,
                           .duration_ns = 1'000'000'000};
    return task;
  };
  finding.tasks = {part(3, "alice→bob", kGoAlice, 1, 2), part(4, "bob→alice", kGoBob, 2, 1)};
  finding.objects = {ObjectPart{1, trace::ObjectKind::kMutex, "accounts[0].mu", kMade},
                     ObjectPart{2, trace::ObjectKind::kMutex, "accounts[1].mu", kMade}};
  finding.reasons = {"mutual exclusion: both locks are exclusive",
                     "hold and wait: each goroutine keeps one lock while it waits for the other",
                     "no preemption: neither wait has a timeout, a try or a context",
                     "circular wait: the waits form the cycle above"};
  finding.advice = {
      "Take the two locks in one order everywhere (gordian::LockInOrder(a, b), std::scoped_lock(a, "
      "b))."};
  finding.evidence = {{.seq = 17, .task = 3, .site = kFirst, .what = "locks accounts[0].mu"},
                      {.seq = 19, .task = 4, .site = kFirst, .what = "locks accounts[1].mu"}};
  finding.identity = {"accounts[0].mu", "accounts[1].mu"};
  finding.identity_sites = {kFirst, kSecond};
  trace.findings = {finding};
  trace.facts = {.file = "bank.gtrace",
                 .command = "/src/build/bank_test --gtest_filter=*",
                 .events = 1842,
                 .tasks = 4,
                 .objects = 2,
                 .duration_ns = 1'200'000'000};
  return trace;
}

TraceReport WorkerLeak() {
  enum : trace::SiteId { kRecv = 1, kGo, kMade };
  TraceReport trace;
  DefineSite(trace.sites, kRecv, "/src/pool.cc", 30, "auto Pool::Start()::(lambda)() const");
  DefineSite(trace.sites, kGo, "/src/pool.cc", 28, "void Pool::Start(int)");
  DefineSite(trace.sites, kMade, "/src/pool.cc", 12, "Pool::Pool()");
  Finding finding;
  finding.rule = "leak.goroutine";
  finding.title = "12 goroutines started at pool.cc:28 wait for ever";
  finding.summary = finding.title;
  TaskPart task{.id = 7, .name = "goroutine 7", .spawned_at = kGo, .count = 12};
  task.is_waiting = true;
  task.waiting = Waiting{.object = 4, .operation = "channel receive", .site = kRecv};
  finding.tasks = {task};
  finding.objects = {ObjectPart{4, trace::ObjectKind::kChan, "channel 4", kMade}};
  finding.picture = {{"goroutine 7", "waits", "channel 4"},
                     {"channel 4", "could be served by", "main (ended)"}};
  finding.identity = {"channel 4", "channel receive"};
  finding.identity_sites = {kGo, kRecv};
  trace.findings = {finding};
  trace.facts = {.file = "pool.gtrace", .command = "./pool", .events = 90, .tasks = 13};
  return trace;
}

detector::Report ReportOf(TraceReport trace) {
  detector::Report report;
  if (!trace.findings.empty()) {
    report.outcome = detector::Outcome::kFindings;
    report.exit_status = 1;
  }
  report.traces.push_back(std::move(trace));
  return report;
}

}  // namespace gordian::testing
