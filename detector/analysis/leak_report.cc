// What a leak's report says: on what it blocks, who could have served it, and why nobody will.
#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "detector/analysis/describe.h"
#include "detector/analysis/leak.h"
#include "detector/analysis/wait_words.h"

namespace gordian::detector {
namespace {

constexpr std::size_t kNamed = 4;  // tasks named one by one

class Words {
 public:
  Words(const Leaked& leaked, const Stuck& stuck)
      : leaked_(leaked),
        stuck_(stuck),
        model_(stuck.model()),
        first_(leaked.tasks.front()),
        task_(model_.Task(first_)) {}

  Finding Write() {
    finding_.rule = task_.kind == trace::TaskKind::kThread ? "leak.thread" : "leak.goroutine";
    finding_.verdict = leaked_.verdict;
    finding_.test = model_.TestName(task_.test);
    finding_.count = static_cast<std::uint32_t>(leaked_.tasks.size());
    finding_.explains = leaked_.tasks;
    TaskPart part = DescribeTask(model_, first_);
    part.count = finding_.count;
    if (!part.is_waiting) part.what = Clause();  // else what it waits for says it
    finding_.tasks = {std::move(part)};
    finding_.title = absl::StrCat(Who(), " ", ShortClause());
    finding_.summary = absl::StrCat(Who(), " ", Clause(), ".");
    AddObjects();
    switch (leaked_.state) {
      case LeakState::kNotJoined:
        finding_.reasons.push_back(
            "A thread that has ended keeps its stack and its id until it is joined or detached");
        finding_.advice.push_back(
            "Join it where it was started, or detach it when nobody needs to know that it ended");
        break;
      case LeakState::kRunning:
        finding_.reasons.push_back(
            absl::StrCat("It is not blocked: nothing told it to stop", EndSentence()));
        finding_.advice.push_back(
            "Give it a way to be told (a Context or a done channel that it looks at in its loop), "
            "and wait for it (a WaitGroup) before the end");
        break;
      default:
        ExplainWait();
        finding_.advice.push_back(HowToEndWait(model_, first_));
    }
    finding_.identity = {std::string(NameOf(task_.wait.kind))};
    for (const ObjectPart& object : finding_.objects) {
      finding_.identity.push_back(model_.Object(object.id).name);
    }
    finding_.identity_sites = {task_.spawned_at, task_.wait ? task_.wait.site : 0};
    return std::move(finding_);
  }

 private:
  std::string Who() const {
    if (leaked_.tasks.size() == 1) return Quoted(model_, first_);
    const char* kind = task_.kind == trace::TaskKind::kThread ? "thread" : "goroutine";
    const std::string like =
        task_.name.empty() ? model_.TaskName(first_) : absl::StrCat("\"", task_.name, "\"");
    return absl::StrCat(Count(leaked_.tasks.size(), kind), " like ", like);
  }
  bool Several() const { return leaked_.tasks.size() > 1; }

  std::string End() const { return leaked_.at_test_end ? "the test ended" : "the program ended"; }
  std::string EndSentence() const { return absl::StrCat(" before ", End()); }

  // "blocks for ever in channel send on results".
  std::string Clause() const {
    const char* s = Several() ? "" : "s";
    switch (leaked_.state) {
      case LeakState::kNotJoined:
        return Several() ? "ended and were neither joined nor detached"
                         : "ended and was neither joined nor detached";
      case LeakState::kRunning:
        return absl::StrCat("still ran when ", End());
      case LeakState::kBlocked:
        return absl::StrCat("still waited in ", Operation(), " when ", End());
      case LeakState::kBlockedForEver:
        return absl::StrCat("block", s, " for ever in ", Operation());
    }
    return "";
  }

  // For a title: a select may name any number of channels.
  std::string ShortClause() const {
    const Wait& wait = task_.wait;
    if (wait.kind != WaitKind::kSelect || wait.cases.size() <= 2 || task_.ended) return Clause();
    const std::string how =
        leaked_.state == LeakState::kBlocked ? "still waited" : "blocks for ever";
    return absl::StrCat(Several() && leaked_.state != LeakState::kBlocked ? "block for ever" : how,
                        " in a select of ", wait.cases.size(), " channels");
  }

  std::string Operation() const {
    const Wait& wait = task_.wait;
    if (wait.kind == WaitKind::kSleep) return "a sleep";
    if (wait.kind == WaitKind::kNilChan) return "an operation on a nil channel";
    const char* link =
        wait.kind == WaitKind::kJoin || wait.kind == WaitKind::kSelect ? " of " : " on ";
    return absl::StrCat(std::string(OperationOf(model_, wait)), link, WaitedFor(model_, wait));
  }

  std::vector<ObjectId> Objects() const {
    std::vector<ObjectId> objects;
    if (task_.wait.object != 0) objects.push_back(task_.wait.object);
    for (const SelectCase& choice : task_.wait.cases) {
      const bool listed = std::ranges::find(objects, choice.channel) != objects.end();
      if (choice.channel != 0 && !listed) objects.push_back(choice.channel);
    }
    return objects;
  }

  void AddObjects() {
    if (!task_.wait) return;
    for (ObjectId id : Objects()) finding_.objects.push_back(DescribeObject(model_, id));
    finding_.evidence.push_back(
        {task_.wait.seq, first_, task_.wait.site, absl::StrCat("begins to wait in ", Operation())});
  }

  // Why `server` will not serve it: "it has ended", "it waits for ever itself".
  std::string WhyNot(TaskId server) const {
    const TaskInfo& task = model_.Task(server);
    if (task.ended) return "has ended";
    if (server == 1 && model_.main_ended()) return "has returned";
    if (task.frozen) return "was stopped with its test";
    if (stuck_.ForEver(server)) {
      return absl::StrCat("waits itself, for ", WaitedFor(model_, task.wait));
    }
    return "did not do so before the end";
  }

  // `at`: where it did that, where it does not wait.
  void AddServer(TaskId server, const std::string& what, SiteId at = 0) {
    const auto same = std::ranges::find(finding_.tasks, server, &TaskPart::id);
    if (same != finding_.tasks.end()) return;
    TaskPart part = DescribeTask(model_, server);
    if (!stuck_.ForEver(server)) {
      part.what = what;
      if (at != 0) {
        part.at = at;
        part.is_waiting = false;
      }
    }
    finding_.tasks.push_back(std::move(part));
  }

  void ExplainUsers(ObjectId id) {
    const ObjectInfo& object = model_.Object(id);
    std::vector<std::string> others;
    std::size_t more = object.gone_users;
    for (std::size_t i = 0; i < object.users.size(); ++i) {
      const TaskId user = object.users[i];
      if (std::ranges::binary_search(leaked_.tasks, user)) continue;
      if (model_.Task(user).kind == trace::TaskKind::kInternal) continue;
      if (others.size() == kNamed) {
        ++more;
        continue;
      }
      const std::string& given = model_.Task(user).name;
      const std::string who =
          given.empty() ? Quoted(model_, user) : absl::StrCat("\"", given, "\"");
      std::string other = absl::StrCat(who, " ", WhyNot(user));
      if (std::ranges::find(others, other) == others.end()) others.push_back(std::move(other));
      AddServer(user, absl::StrCat("used ", model_.ObjectName(id)), object.used_at[i]);
    }
    if (more > 0) others.push_back(absl::StrCat(more, " more likewise"));
    const std::string name = model_.ObjectName(id);
    if (model_.IsTimerChannel(id) && leaked_.state == LeakState::kBlockedForEver) {
      finding_.reasons.push_back(absl::StrCat("Only its timer sends on ", name,
                                              ", one value each time it fires, and it is not set"));
      return;
    }
    if (const ObjectId context = ContextOf(model_, id); context != 0) {
      finding_.reasons.push_back(absl::StrCat(name, " is the Done channel of ",
                                              model_.ObjectName(context),
                                              ", which nobody has cancelled"));
      return;
    }
    if (others.empty()) {
      finding_.reasons.push_back(absl::StrCat("No other task has ever used ", name));
      return;
    }
    finding_.reasons.push_back(absl::StrCat("Of those who used ", name, ", ", Enumerate(others)));
  }

  void ExplainLock() {
    const ObjectInfo& lock = model_.Object(task_.wait.object);
    for (TaskId holder : lock.holders) {
      const std::string why = WhyNot(holder);
      finding_.reasons.push_back(absl::StrCat(Quoted(model_, holder), " holds ",
                                              model_.ObjectName(lock.id), " and ", why));
      AddServer(holder, absl::StrCat("holds ", model_.ObjectName(lock.id), "; ", why));
    }
  }

  void BlameThoseWithoutDone() {
    const std::vector<TaskId> ended = EndedWithoutDone(model_, task_.wait.object);
    if (ended.empty()) return;
    finding_.reasons.push_back(
        absl::StrCat(Enumerate(QuotedAlike(model_, ended)), " ended without calling Done on it"));
    for (const TaskId task : ended) {
      if (finding_.tasks.size() > kNamed) break;
      AddServer(task, absl::StrCat("ended without calling Done on ",
                                   model_.ObjectName(task_.wait.object)));
    }
  }

  void ExplainWait() {
    const Wait& wait = task_.wait;
    if (wait.timed || wait.kind == WaitKind::kSleep) {
      finding_.reasons.push_back(absl::StrCat("The wait ends by itself, but not", EndSentence()));
      return;
    }
    switch (wait.kind) {
      case WaitKind::kLock:
      case WaitKind::kRLock:
      case WaitKind::kOnce:
        return ExplainLock();
      case WaitKind::kJoin:
        finding_.reasons.push_back(
            absl::StrCat(Quoted(model_, wait.joined), " has not ended: it ", WhyNot(wait.joined)));
        return AddServer(wait.joined, "never ends");
      case WaitKind::kWaitGroup:
        finding_.reasons.push_back(absl::StrCat("The counter of ", model_.ObjectName(wait.object),
                                                " stands at ", model_.Object(wait.object).value,
                                                ": so many calls of Done are missing"));
        BlameThoseWithoutDone();
        break;
      default:
        break;
    }
    if (wait.kind == WaitKind::kSelect && wait.cases.empty()) {
      finding_.reasons.emplace_back("A select without cases is never ready");
    }
    for (ObjectId id : Objects()) ExplainUsers(id);
  }

  const Leaked& leaked_;
  const Stuck& stuck_;
  const Model& model_;
  const TaskId first_;
  const TaskInfo& task_;
  Finding finding_;
};

}  // namespace

Finding DescribeLeak(const Leaked& leaked, const Stuck& stuck) {
  return Words(leaked, stuck).Write();
}

}  // namespace gordian::detector
