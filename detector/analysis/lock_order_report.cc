// The words of deadlock.lock-order.
#include <algorithm>
#include <set>
#include <span>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "detector/analysis/describe.h"
#include "detector/analysis/lock_order.h"

namespace gordian::detector {
namespace {

class Describer {
 public:
  Describer(const LockOrderCase& found, const LockTrace& trace, const LockGraph& graph,
            const Model& model)
      : found_(found), trace_(trace), graph_(graph), model_(model) {}

  Finding Describe(const Cut& cut) {
    Finding finding;
    finding.rule = "deadlock.lock-order";
    finding.verdict = Predicted() ? Verdict::kPredicted : Verdict::kSuspected;
    finding.test = cut.test;
    finding.count = found_.count;
    Title(finding);
    for (const PatternStep& step : found_.pattern) AddStep(step, finding);
    Reasons(finding);
    Advice(finding);
    if (Predicted()) finding.schedule = Schedule();
    std::sort(finding.identity.begin(), finding.identity.end());
    std::sort(finding.identity_sites.begin(), finding.identity_sites.end());
    return finding;
  }

 private:
  bool Predicted() const { return found_.obstacle == Obstacle::kNone; }
  std::string Name(ObjectId object) const { return model_.ObjectName(object); }
  std::string Takes(const PatternStep& step) const {
    return step.wants_shared ? "read-locks" : "locks";
  }

  // The section of `lock` that was open when the step's request was made.
  const Acquire* HeldSection(const PatternStep& step, ObjectId lock) const {
    const std::span<const Acquire> acquires = trace_.Acquires(step.task);
    for (auto i = step.instance().outer; i != kNoAcquire; i = acquires[i].outer) {
      if (acquires[i].lock == lock && acquires[i].released > step.instance().at) {
        return &acquires[i];
      }
    }
    return nullptr;
  }

  void Title(Finding& finding) const {
    std::vector<std::string> locks, parts;
    for (const PatternStep& step : found_.pattern) {
      locks.push_back(Name(step.holds));
      parts.push_back(absl::StrCat(Quoted(model_, step.task), " ", Takes(step), " ",
                                   Name(step.wants), " while it holds ", Name(step.holds)));
    }
    const bool two = locks.size() == 2;
    finding.title = absl::StrCat(Enumerate(locks), " are locked in ",
                                 two ? "both orders" : "an order that goes round in a circle");
    const std::string meet =
        two ? "each waits for the other for ever" : "each waits for the next for ever";
    for (std::size_t i = 0; i < parts.size(); ++i) {
      absl::StrAppend(&finding.summary, i == 0 ? "" : "; ", parts[i]);
    }
    absl::StrAppend(&finding.summary,
                    Predicted() ? ". This run got through; in another schedule of the same steps "
                                : ". Where they meet, ",
                    meet, ".");
  }

  void AddStep(const PatternStep& step, Finding& finding) const {
    TaskPart part = DescribeTask(model_, step.task);
    part.held.clear();
    part.is_waiting = false;
    part.at = step.instance().site;
    part.what =
        absl::StrCat(Takes(step), " ", Name(step.wants), " while it holds ", Name(step.holds));
    const std::span<const Acquire> acquires = trace_.Acquires(step.task);
    for (auto i = step.instance().outer; i != kNoAcquire; i = acquires[i].outer) {
      if (acquires[i].released <= step.instance().at) continue;
      part.held.insert(part.held.begin(), {.object = acquires[i].lock,
                                           .shared = acquires[i].shared != 0,
                                           .site = acquires[i].site});
    }
    finding.tasks.push_back(std::move(part));
    finding.objects.push_back(DescribeObject(model_, step.holds));
    finding.picture.push_back({PictureName(model_, step.task), "wants", Name(step.wants)});
    finding.picture.push_back({Name(step.wants), "held by", PictureName(model_, Next(step).task)});
    if (const Acquire* held = HeldSection(step, step.holds)) {
      finding.evidence.push_back({held->at, step.task, held->site, Locks(*held)});
      finding.identity_sites.push_back(held->site);
    }
    finding.evidence.push_back({step.instance().at, step.task, step.instance().site,
                                absl::StrCat("asks for ", Name(step.wants))});
    finding.identity_sites.push_back(step.instance().site);
    finding.identity.push_back(std::string(trace::NameOf(model_.Object(step.holds).kind)) + " " +
                               model_.Object(step.holds).name);
  }

  const PatternStep& Next(const PatternStep& step) const {
    const auto index = static_cast<std::size_t>(&step - found_.pattern.data());
    return found_.pattern[(index + 1) % found_.pattern.size()];
  }

  std::string Locks(const Acquire& acquire) const {
    return absl::StrCat(acquire.shared != 0 ? "read-locks " : "locks ", Name(acquire.lock));
  }

  // What each task holds is taken in the order of the run, then all of them ask.
  std::vector<Evidence> Schedule() const {
    std::vector<Evidence> schedule;
    for (const PatternStep& step : found_.pattern) {
      const std::span<const Acquire> acquires = trace_.Acquires(step.task);
      for (auto i = step.instance().outer; i != kNoAcquire; i = acquires[i].outer) {
        if (acquires[i].released <= step.instance().at) continue;
        schedule.push_back({acquires[i].at, step.task, acquires[i].site, Locks(acquires[i])});
      }
    }
    std::sort(schedule.begin(), schedule.end(),
              [](const Evidence& a, const Evidence& b) { return a.seq < b.seq; });
    for (const PatternStep& step : found_.pattern) {
      schedule.push_back({step.instance().at, step.task, step.instance().site,
                          absl::StrCat("asks for ", Name(step.wants), " and waits for ",
                                       Quoted(model_, Next(step).task))});
    }
    return schedule;
  }

  void Reasons(Finding& finding) const {
    finding.reasons = {
        "Mutual exclusion: " + Modes(),
        "Hold and wait: each task asks for its second lock while it keeps its first.",
        "No preemption: none of the requests has a timeout or is a try, and no other lock is "
        "held by two of them that would keep them apart.",
        "Circular wait: each asks for what the next one holds."};
    if (const std::string_view why = WhyNotPredicted(); !why.empty()) {
      finding.reasons.emplace_back(why);
    } else {
      finding.reasons.emplace_back(
          "It can happen: this run can be reordered so that all of them get there, while every "
          "task "
          "does, reads and receives the same and each lock's other sections keep their order.");
    }
  }

  std::string Modes() const {
    const bool readers =
        std::any_of(found_.pattern.begin(), found_.pattern.end(),
                    [](const PatternStep& step) { return step.holds_shared || step.wants_shared; });
    const bool writer = std::any_of(found_.pattern.begin(), found_.pattern.end(),
                                    [](const PatternStep& step) { return step.needs_writer; });
    if (writer) {
      return "the locks let no reader in while a writer waits, and other tasks do write-lock them.";
    }
    return readers ? "a lock held for reading keeps writers out, one held for writing everybody."
                   : "the locks are exclusive.";
  }

  std::string_view WhyNotPredicted() const {
    switch (found_.obstacle) {
      case Obstacle::kNone:
        return "";
      case Obstacle::kSpawnJoin:
        return "In this run they cannot meet: one of the tasks was started, or waited for, after "
               "the "
               "other was past its part. Code that calls them in another way can.";
      case Obstacle::kFlow:
        return "In this run a value, a message or a wait put one task's part before the other's "
               "each time. With other inputs or timing it need not.";
      case Obstacle::kSections:
        return "To meet in this run, critical sections of some lock would have to change their "
               "order, which may change what the tasks do.";
      case Obstacle::kReaders:
        return "No schedule is shown: some of the locks are held or asked for in read mode.";
      case Obstacle::kEffort:
        return "No schedule is shown: there are too many candidates in this trace to try them all.";
    }
    return "";
  }

  void Advice(Finding& finding) const {
    if (found_.edges.size() != 2) {
      finding.advice.push_back(
          "Give these locks one order, write it down where they are declared, and take them in it "
          "everywhere; one of the steps above has to change.");
      return;
    }
    const LockEdge& edge = graph_.edge(found_.edges[0]);
    finding.advice.push_back(AdviseOnOrder(graph_, edge.from, edge.to, found_.count > 1, model_));
  }

  const LockOrderCase& found_;
  const LockTrace& trace_;
  const LockGraph& graph_;
  const Model& model_;
};

}  // namespace

std::string AdviseOnOrder(const LockGraph& graph, ObjectId a, ObjectId b, bool many,
                          const Model& model) {
  std::set<SiteId> common = graph.PlacesThatTake(a, b), rare = graph.PlacesThatTake(b, a);
  if (common == rare || many) {
    return "The same code takes the two locks in the order of its arguments. Take the one with the "
           "lower index or address first, or both at once: gordian::LockInOrder(a, b), "
           "std::scoped_lock(a, b).";
  }
  if (common.size() < rare.size()) {
    std::swap(common, rare);
    std::swap(a, b);
  }
  return absl::StrCat("Take the two locks in one order everywhere. ",
                      Count(common.size() + rare.size(), "place"), " take both; ", common.size(),
                      " of them ", common.size() == 1 ? "takes " : "take ", model.ObjectName(a),
                      " first. Cheapest to change: the ",
                      rare.size() == 1 ? "one" : absl::StrCat(rare.size()), " that ",
                      rare.size() == 1 ? "takes " : "take ", model.ObjectName(b), " first.");
}

Finding DescribeLockOrder(const LockOrderCase& found, const LockTrace& trace,
                          const LockGraph& graph, const Cut& cut, const Model& model) {
  return Describer(found, trace, graph, model).Describe(cut);
}

}  // namespace gordian::detector
