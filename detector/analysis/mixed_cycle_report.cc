// What the report of a predicted deadlock.cycle says.
#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "detector/analysis/describe.h"
#include "detector/analysis/mixed_cycle.h"

namespace gordian::detector {
namespace {

class Words {
 public:
  Words(const MixedCycleCase& found, const LockTrace& trace, const Model& model)
      : found_(found),
        trace_(trace),
        model_(model),
        wait_(*found.wait),
        lock_(*found.lock),
        request_(trace.Acquires(found.asker)[found.request]),
        waiter_(Quoted(model, wait_.task)),
        server_(Quoted(model, found.server)),
        asker_(Quoted(model, found.asker)),
        lock_name_(model.ObjectName(lock_.object)) {}

  Finding Write(const Cut& cut) {
    finding_.rule = "deadlock.cycle";
    finding_.verdict = MaySayThatItIsDone() ? Verdict::kSuspected : Verdict::kPredicted;
    const std::uint32_t test = model_.Task(wait_.task).test;
    finding_.test = std::string(test != 0 ? model_.TestName(test) : cut.test);
    finding_.title = absl::StrCat(waiter_, " and ", asker_, " can wait for each other for ever");
    finding_.summary = absl::StrCat(
        waiter_, " ", Waits(), " while it holds ", lock_name_, ", and ", server_, ", which has to ",
        Serves(), ", ", Direct() ? "asks" : absl::StrCat("can do so only after ", asker_, " asks"),
        " for ", lock_name_, Direct() ? " before that" : "", ". This run got through, as ", asker_,
        " had the lock first; in another schedule of the same steps each waits for the other.");
    Picture();
    AddWaiter();
    AddServer();
    Steps();
    Reasons();
    Identity();
    return std::move(finding_);
  }

 private:
  // The last thing that a thread does under a lock may be to note that it is done, for whoever then
  // joins the threads that are: variables are not in every trace.
  bool MaySayThatItIsDone() const {
    return wait_.kind == WaitKind::kJoin && Direct() &&
           found_.request + 1 == trace_.Acquires(found_.asker).size();
  }
  // The one who serves asks for the lock itself.
  bool Direct() const { return found_.server == found_.asker; }

  std::string Resource() const {
    return wait_.kind == WaitKind::kJoin ? absl::StrCat("the end of ", Quoted(model_, wait_.joined))
                                         : model_.ObjectName(wait_.object);
  }
  std::string Waits() const {
    switch (wait_.kind) {
      case WaitKind::kSend:
        return "waits to send on " + Resource();
      case WaitKind::kRecv:
        return "waits to receive from " + Resource();
      case WaitKind::kSemaphore:
        return "waits for a permit of " + Resource();
      default:
        return "waits for " + Resource();
    }
  }
  std::string Serves() const {
    switch (wait_.kind) {
      case WaitKind::kSend:
        return "receive from " + Resource();
      case WaitKind::kRecv:
        return "send on " + Resource() + " or close it";
      case WaitKind::kWaitGroup:
        return "call Done on " + Resource();
      case WaitKind::kSemaphore:
        return "release " + Resource();
      case WaitKind::kOnce:
        return "finish " + Resource();
      case WaitKind::kCond:
        return "signal " + Resource();
      default:
        return "end";
    }
  }
  std::string ServedBy() const {
    switch (wait_.kind) {
      case WaitKind::kSend:
        return "received by";
      case WaitKind::kRecv:
        return "sent by";
      case WaitKind::kSemaphore:
        return "released by";
      case WaitKind::kCond:
        return "signalled by";
      default:
        return "done by";
    }
  }
  static std::string Takes(bool shared) { return shared ? "read-locks " : "locks "; }

  void Picture() {
    const std::string waiter = PictureName(model_, wait_.task);
    const std::string server = PictureName(model_, found_.server);
    if (wait_.kind == WaitKind::kJoin) {
      finding_.picture = {{waiter, "joins", server}};
    } else {
      finding_.picture = {{waiter, "waits", Resource()}, {Resource(), ServedBy(), server}};
    }
    const std::string asker = PictureName(model_, found_.asker);
    if (!Direct()) finding_.picture.push_back({server, "comes after", asker});
    finding_.picture.push_back({asker, "wants", lock_name_});
    finding_.picture.push_back({lock_name_, "held by", waiter});
  }

  TaskPart Part(TaskId task, SiteId at, std::string what) const {
    TaskPart part = DescribeTask(model_, task);
    part.held.clear();
    part.is_waiting = false;
    part.at = at;
    part.what = std::move(what);
    return part;
  }

  void AddWaiter() {
    TaskPart part =
        Part(wait_.task, wait_.site, absl::StrCat(Waits(), " while it holds ", lock_name_));
    for (const Hold& hold : wait_.held) {
      part.held.push_back({.object = hold.object, .shared = hold.shared, .site = hold.site});
    }
    finding_.tasks.push_back(std::move(part));
  }

  void AddServer() {
    TaskPart part = Part(found_.asker, request_.site,
                         absl::StrCat(Takes(request_.shared != 0), lock_name_, " before ",
                                      Direct() ? "it" : server_, " can ", Serves()));
    const std::span<const Acquire> acquires = trace_.Acquires(found_.asker);
    for (auto i = request_.outer; i != kNoAcquire; i = acquires[i].outer) {
      if (acquires[i].released <= request_.at) continue;
      part.held.insert(part.held.begin(), {.object = acquires[i].lock,
                                           .shared = acquires[i].shared != 0,
                                           .site = acquires[i].site});
    }
    finding_.tasks.push_back(std::move(part));
    if (!Direct()) {
      finding_.tasks.push_back(
          Part(found_.server, found_.serves_site, absl::StrCat("would ", Serves())));
    }
    finding_.objects.push_back(DescribeObject(model_, lock_.object));
    if (wait_.object != 0) finding_.objects.push_back(DescribeObject(model_, wait_.object));
  }

  void Steps() {
    const Evidence held{lock_.seq, wait_.task, lock_.site, Takes(lock_.shared) + lock_name_};
    const Evidence waits{wait_.at, wait_.task, wait_.site, Waits()};
    const Evidence asks{request_.at, found_.asker, request_.site, "asks for " + lock_name_};
    finding_.evidence = {asks, held, waits};
    if (found_.serves_at != 0) {
      finding_.evidence.push_back(
          {found_.serves_at, found_.server, found_.serves_site, "serves " + Resource()});
    }
    std::sort(finding_.evidence.begin(), finding_.evidence.end(),
              [](const Evidence& a, const Evidence& b) { return a.seq < b.seq; });
    if (MaySayThatItIsDone()) return;
    finding_.schedule = {held, waits, asks};
    finding_.schedule.back().what += " and waits for " + waiter_;
  }

  void Reasons() {
    finding_.reasons = {
        absl::StrCat("Mutual exclusion: ", lock_name_, " keeps ", asker_, " out while ", waiter_,
                     " holds it, and nobody who could ", Serves(), " gets there before ", asker_,
                     " has it."),
        absl::StrCat("Hold and wait: ", waiter_, " keeps ", lock_name_, " while it waits."),
        "No preemption: neither wait has a timeout, a try or another case.",
        "Circular wait: each waits for what only the other one can do.",
        MaySayThatItIsDone()
            ? absl::StrCat("What may forbid it: ", asker_, " takes no lock after this one before ",
                           "it ends. If it notes there that it is done, and ", waiter_,
                           " joins only those of whom it has read that under ", lock_name_,
                           ", this cannot happen.")
            : "It can happen: this run can be reordered so that both get there, while every task "
              "does, reads and receives the same and each lock's other sections keep their order."};
    finding_.advice = {
        absl::StrCat("Unlock ", lock_name_,
                     " before this wait: copy what has to be protected, and wait without "
                     "the lock. Or let ",
                     server_, " ", Serves(), " without it.")};
  }

  void Identity() {
    finding_.identity = {
        absl::StrCat(std::string(NameOf(wait_.kind)), " ", model_.Object(wait_.object).name),
        absl::StrCat(std::string(trace::NameOf(model_.Object(lock_.object).kind)), " ",
                     model_.Object(lock_.object).name)};
    finding_.identity_sites = {lock_.site, wait_.site, request_.site};
    std::sort(finding_.identity_sites.begin(), finding_.identity_sites.end());
  }

  const MixedCycleCase& found_;
  const LockTrace& trace_;
  const Model& model_;
  const ServedWait& wait_;
  const Hold& lock_;
  const Acquire& request_;
  const std::string waiter_, server_, asker_, lock_name_;
  Finding finding_;
};

}  // namespace

Finding DescribeMixedCycle(const MixedCycleCase& found, const LockTrace& trace, const Cut& cut,
                           const Model& model) {
  return Words(found, trace, model).Write(cut);
}

}  // namespace gordian::detector
