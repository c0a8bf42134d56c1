// What the measures of a lock say.
#include <algorithm>
#include <array>
#include <string>

#include "absl/strings/str_cat.h"
#include "detector/analysis/contention.h"
#include "detector/analysis/describe.h"

namespace gordian::detector {
namespace {

constexpr std::uint64_t kManyWaits = 100;
constexpr std::uint64_t kLongWaits = 1'000'000;  // ns, in all
constexpr std::uint64_t kConvoy = 64;            // hand-overs in a row
constexpr std::uint64_t kManyAcquisitions = 100;
constexpr std::uint64_t kGreedy = 4;  // times what the next one has

// "1.5 s", "20 ms", "3 µs", "80 ns".
std::string Duration(std::uint64_t ns) {
  struct Unit {
    std::uint64_t ns;
    const char* name;
  };
  constexpr std::array<Unit, 3> kUnits = {
      {{1'000'000'000, " s"}, {1'000'000, " ms"}, {1'000, " µs"}}};
  for (const Unit& unit : kUnits) {
    if (ns < unit.ns) continue;
    const std::uint64_t tenths = ns / (unit.ns / 10);
    if (tenths >= 100 || tenths % 10 == 0) return absl::StrCat(tenths / 10, unit.name);
    return absl::StrCat(tenths / 10, ".", tenths % 10, unit.name);
  }
  return absl::StrCat(ns, " ns");
}

std::string Percent(std::uint64_t part, std::uint64_t whole) {
  return absl::StrCat(whole == 0 ? 0 : part * 100 / whole, " %");
}

class Words {
 public:
  Words(ObjectId lock, const LockMeasure& measure, const Model& model,
        std::vector<Finding>& findings)
      : lock_(lock),
        measure_(measure),
        model_(model),
        findings_(findings),
        name_(model.ObjectName(lock)) {}

  void Lock() {
    Finding& finding =
        Begin("contention.lock", absl::StrCat(name_, ": waited for in ", measure_.contended, " of ",
                                              Count(measure_.acquisitions, "acquisition"), ", ",
                                              Duration(measure_.waited_ns), " in all"));
    finding.summary = absl::StrCat(
        finding.title, "; the longest wait ", Duration(measure_.longest_wait_ns), " (",
        Quoted(model_, measure_.longest_waiter), "), the longest queue ",
        Count(measure_.longest_queue, "task"), ", held for ", Duration(measure_.held_ns), ".");
    AddTask(finding, measure_.longest_waiter, measure_.longest_wait_site,
            absl::StrCat("waited longest: ", Duration(measure_.longest_wait_ns)));
    finding.advice = {"Do less while holding it, or split what it guards among several locks"};
  }

  void LongHold() {
    const std::string holder = Quoted(model_, measure_.longest_holder);
    const std::string lasted = Duration(measure_.longest_hold_ns);
    Finding& finding = Begin("contention.long-hold", absl::StrCat(holder, " held ", name_, " for ",
                                                                  lasted, " while others waited"));
    finding.summary = absl::StrCat(finding.title, ".");
    AddTask(finding, measure_.longest_holder, measure_.longest_hold_site,
            absl::StrCat("holds ", name_, " for ", lasted));
    finding.advice = {"Move what blocks or takes long (I/O, sleeps, callbacks) out of the section"};
  }

  void Convoy() {
    Finding& finding = Begin("contention.convoy",
                             absl::StrCat(name_, " was handed over ", measure_.longest_convoy,
                                          " times in a row with somebody always waiting behind"));
    finding.summary = absl::StrCat(finding.title,
                                   ": the tasks run one after another there, and "
                                   "each hand-over costs a task switch.");
    finding.advice = {"Take the lock less often (batches), or give each task a part of its own"};
  }

  void Share() {
    std::vector<LockShare> shares = measure_.shares;
    const bool by_time = measure_.held_ns > 0;
    const auto weight = [&](const LockShare& s) { return by_time ? s.held_ns : s.acquisitions; };
    std::ranges::sort(shares, std::greater<>(), weight);
    const bool uneven = shares.size() > 1 && weight(shares[0]) >= kGreedy * weight(shares[1]) &&
                        shares[1].waited_ns > shares[0].waited_ns;
    if (!uneven || measure_.acquisitions < kManyAcquisitions) return;
    const LockShare &greedy = shares[0], &polite = shares[1];
    const std::uint64_t whole = by_time ? measure_.held_ns : measure_.acquisitions;
    const char* what = by_time ? " of the time that " : " of the acquisitions of ";
    Finding& finding =
        Begin("contention.share",
              absl::StrCat(Quoted(model_, greedy.task), " has ", Percent(weight(greedy), whole),
                           what, name_, by_time ? " is held, " : ", ", Quoted(model_, polite.task),
                           " ", Percent(weight(polite), whole)));
    finding.summary = absl::StrCat(finding.title, ".");
    for (const LockShare* share : {&greedy, &polite}) {
      AddTask(finding, share->task, 0,
              absl::StrCat("took it ", Count(share->acquisitions, "time"), ", held it for ",
                           Duration(share->held_ns), ", waited for ", Duration(share->waited_ns)));
    }
    finding.advice = {absl::StrCat("Let ", Quoted(model_, greedy.task),
                                   " hold it for less of its loop: the polite one does as much "
                                   "work and gets less of it done")};
  }

 private:
  Finding& Begin(std::string rule, std::string title) {
    Finding& finding = findings_.emplace_back();
    finding.rule = std::move(rule);
    finding.verdict = Verdict::kInfo;
    finding.test = model_.TestName(model_.Object(lock_).test);
    finding.title = std::move(title);
    finding.objects = {DescribeObject(model_, lock_)};
    finding.identity = {model_.Object(lock_).name};
    finding.identity_sites = {model_.Object(lock_).created_at};
    return finding;
  }

  void AddTask(Finding& finding, TaskId task, SiteId site, std::string what) {
    TaskPart part = DescribeTask(model_, task);
    if (site != 0) part.at = site;
    part.what = std::move(what);
    finding.tasks.push_back(std::move(part));
  }

  const ObjectId lock_;
  const LockMeasure& measure_;
  const Model& model_;
  std::vector<Finding>& findings_;
  const std::string name_;
};

}  // namespace

void DescribeContention(ObjectId lock, const LockMeasure& measure, const Limits& limits,
                        const Model& model, std::vector<Finding>& findings) {
  Words words(lock, measure, model, findings);
  if (measure.contended >= kManyWaits || measure.waited_ns >= kLongWaits) words.Lock();
  if (measure.longest_hold_ns >= limits.long_hold_ns) words.LongHold();
  if (measure.longest_convoy >= kConvoy) words.Convoy();
  words.Share();
}

}  // namespace gordian::detector
