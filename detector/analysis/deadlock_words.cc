#include "detector/analysis/deadlock_words.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "detector/analysis/describe.h"
#include "detector/analysis/wait_words.h"

namespace gordian::detector {

namespace {

const Hold* HoldOf(const Model& model, TaskId task, ObjectId lock) {
  for (const Hold& hold : model.Task(task).held) {
    if (hold.object == lock) return &hold;
  }
  return nullptr;
}

bool WaitsForLock(const Wait& wait) {
  return wait.kind == WaitKind::kLock || wait.kind == WaitKind::kRLock;
}

bool IsSendOn(const Wait& wait, ObjectId channel) {
  if (wait.kind == WaitKind::kSend) return true;
  return wait.kind == WaitKind::kSelect &&
         std::any_of(wait.cases.begin(), wait.cases.end(), [&](const SelectCase& choice) {
           return choice.channel == channel && choice.is_send;
         });
}

}  // namespace

std::string WhatItHas(const Model& model, const Link& link) {
  const std::string object = link.object == 0 ? "" : model.ObjectName(link.object);
  const Wait& wait = model.Task(link.waiter).wait;
  switch (wait.kind) {
    case WaitKind::kLock:
    case WaitKind::kRLock: {
      const Hold* hold = HoldOf(model, link.server, link.object);
      if (hold == nullptr) return absl::StrCat("asked for the write lock of ", object, " before");
      return absl::StrCat(hold->shared ? "holds a read lock on " : "holds ", object);
    }
    case WaitKind::kOnce:
      return absl::StrCat("runs ", object);
    case WaitKind::kJoin:
      return "has not ended";
    case WaitKind::kWaitGroup:
      return absl::StrCat("could call Done on ", object);
    case WaitKind::kCond:
      return absl::StrCat("could signal ", object);
    case WaitKind::kSend:
    case WaitKind::kRecv:
    case WaitKind::kSelect:
      return absl::StrCat(IsSendOn(wait, link.object) ? "could receive from " : "could send on ",
                          object);
    default:
      return absl::StrCat("could release ", object);
  }
}

std::string WhatItWaitsFor(const Model& model, TaskId task) {
  const Wait& wait = model.Task(task).wait;
  const std::string what = WaitedFor(model, wait);
  switch (wait.kind) {
    case WaitKind::kSend:
      return "waits to send on " + what;
    case WaitKind::kRecv:
      return "waits to receive from " + what;
    case WaitKind::kSelect:
      return "waits in a select for " + what;
    case WaitKind::kRLock:
      return "waits to read-lock " + what;
    case WaitKind::kWaitGroup:
      return absl::StrCat("waits for ", what, ", which counts ", model.Object(wait.object).value,
                          " not done");
    case WaitKind::kCond:
      return "waits for a signal on " + what;
    default:
      return "waits for " + what;
  }
}

std::vector<Edge> ArrowsOf(const Model& model, const Link& link) {
  const std::string from = PictureName(model, link.waiter), to = PictureName(model, link.server);
  const Wait& wait = model.Task(link.waiter).wait;
  if (link.object == 0) return {{from, "waits for the end of", to}};
  std::string served = "served by";
  if (WaitsForLock(wait)) {
    served = HoldOf(model, link.server, link.object) != nullptr ? "held by" : "asked for before by";
  } else if (wait.kind == WaitKind::kOnce) {
    served = "run by";
  } else if (wait.kind == WaitKind::kWaitGroup) {
    served = "done by";
  } else if (wait.kind == WaitKind::kCond) {
    served = "signalled by";
  } else if (wait.kind != WaitKind::kSemaphore && wait.kind != WaitKind::kBarrier) {
    served = IsSendOn(wait, link.object) ? "received by" : "sent by";
  }
  const std::string object = model.ObjectName(link.object);
  return {{from, "waits", object}, {object, served, to}};
}

// --- The four conditions -----------------------------------------------------

namespace {

std::string ExclusionOf(const Model& model, const Link& link) {
  const std::string name = link.object == 0 ? "" : model.ObjectName(link.object);
  const ObjectInfo& object = model.Object(link.object);
  const Wait& wait = model.Task(link.waiter).wait;
  switch (wait.kind) {
    case WaitKind::kLock:
      return object.write_held
                 ? absl::StrCat(name, " is held exclusively")
                 : absl::StrCat(name, " is held for reading, which keeps writers out");
    case WaitKind::kRLock:
      return object.write_held
                 ? absl::StrCat(name, " is held for writing, which keeps readers out")
                 : absl::StrCat("a writer waits for ", name, ", which keeps new readers out");
    case WaitKind::kOnce:
      return absl::StrCat("only the task that began ", name, " can complete it");
    case WaitKind::kJoin:
      return absl::StrCat("only ", Quoted(model, wait.joined), " itself can end");
    case WaitKind::kWaitGroup:
      return absl::StrCat(name, " still counts ", object.value);
    case WaitKind::kSend:
      return object.detail == 0 ? absl::StrCat(name, " is unbuffered and nobody receives")
                                : absl::StrCat("the ", object.detail, " places of ", name,
                                               " are taken and nobody receives");
    case WaitKind::kRecv:
      return absl::StrCat(name, " is empty and nobody sends or closes it");
    case WaitKind::kSelect:
      return absl::StrCat("none of the cases (", WaitedFor(model, wait), ") is ready");
    default:
      return absl::StrCat(name, " is not available");
  }
}

std::string HoldAndWait(const Model& model, const std::vector<Link>& cycle) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < cycle.size(); ++i) {
    const Link& served = cycle[(i + cycle.size() - 1) % cycle.size()];
    parts.push_back(absl::StrCat(Quoted(model, cycle[i].waiter), " ", WhatItHas(model, served),
                                 " and ", WhatItWaitsFor(model, cycle[i].waiter)));
  }
  return absl::StrJoin(parts, "; ");
}

std::string Circle(const Model& model, const std::vector<Link>& cycle) {
  std::string circle;
  for (const Link& link : cycle) absl::StrAppend(&circle, Quoted(model, link.waiter), " → ");
  return circle + Quoted(model, cycle.front().waiter);
}

}  // namespace

std::vector<std::string> Conditions(const Model& model, const std::vector<Link>& cycle) {
  std::vector<std::string> exclusions;
  for (const Link& link : cycle) {
    std::string exclusion = ExclusionOf(model, link);
    if (std::find(exclusions.begin(), exclusions.end(), exclusion) == exclusions.end()) {
      exclusions.push_back(std::move(exclusion));
    }
  }
  const bool one = cycle.size() == 1;
  return {absl::StrCat("Mutual exclusion: ", Enumerate(exclusions), "."),
          absl::StrCat("Hold and wait: ", HoldAndWait(model, cycle), "."),
          absl::StrCat("No preemption: ",
                       one ? "the wait has no timeout, is no try and watches no context."
                           : "none of these waits has a timeout, is a try or watches a context."),
          absl::StrCat("Circular wait: ", Circle(model, cycle), ".")};
}

// --- Advice ------------------------------------------------------------------

namespace {

// A task that waits for something else than a lock while it holds a lock of the cycle.
bool WaitsInsideLock(const Model& model, const std::vector<Link>& cycle, std::size_t i) {
  const Link& served = cycle[(i + cycle.size() - 1) % cycle.size()];
  return served.object != 0 && HoldOf(model, cycle[i].waiter, served.object) != nullptr &&
         !WaitsForLock(model.Task(cycle[i].waiter).wait);
}

std::string AdviceForSelf(const Model& model, const Link& link) {
  const std::string lock = model.ObjectName(link.object);
  const Hold* hold = HoldOf(model, link.waiter, link.object);
  const bool upgrade = hold != nullptr && hold->shared;
  const Wait& wait = model.Task(link.waiter).wait;
  if (wait.kind == WaitKind::kOnce) {
    return absl::StrCat("Call what the function of ", lock, " needs directly, not through ", lock,
                        ".");
  }
  if (upgrade && wait.kind == WaitKind::kLock) {
    return absl::StrCat(
        "A read lock cannot be turned into a write lock: release ", lock,
        " first and check again under the write lock, or write-lock from the start.");
  }
  return absl::StrCat("Either a path leaves ", lock,
                      " locked (unlock it on every way out, best with a guard such as "
                      "std::scoped_lock), or a function that locks ",
                      lock, " is called with it held: give it a variant that expects the lock.");
}

std::string AdviceForMixed(const Model& model, const std::vector<Link>& cycle, std::size_t i) {
  const Link& link = cycle[i];
  const Link& served = cycle[(i + cycle.size() - 1) % cycle.size()];
  const Wait& wait = model.Task(link.waiter).wait;
  return absl::StrCat("Cheapest to break: ", Quoted(model, link.waiter), " should not hold ",
                      model.ObjectName(served.object), " across its ",
                      std::string(NameOf(wait.kind)), ". Release it before, or do the ",
                      std::string(NameOf(wait.kind)),
                      " outside the critical section: who serves it needs the lock first.");
}

}  // namespace

std::vector<std::string> HowToBreak(const Model& model, const std::vector<Link>& cycle,
                                    const LockOrder* order) {
  if (cycle.size() == 1) return {AdviceForSelf(model, cycle[0])};
  for (std::size_t i = 0; i < cycle.size(); ++i) {
    if (WaitsInsideLock(model, cycle, i)) return {AdviceForMixed(model, cycle, i)};
  }
  const bool locks = std::all_of(cycle.begin(), cycle.end(), [&](const Link& link) {
    return WaitsForLock(model.Task(link.waiter).wait);
  });
  if (locks && cycle[0].object == cycle.back().object) {
    return {absl::StrCat("Read-lock ", model.ObjectName(cycle[0].object),
                         " once: the inner function needs a variant that expects the lock to be "
                         "held already.")};
  }
  if (locks && cycle.size() == 2 && order != nullptr) {
    return {AdviseOnOrder(order->graph(), cycle[0].object, cycle[1].object, false, model)};
  }
  if (locks) {
    return {absl::StrCat(
        "To break it, take ", cycle.size() == 2 ? "the two locks" : "these locks",
        " in one order everywhere: by index or address where they are alike "
        "(gordian::LockInOrder(a, b), std::scoped_lock(a, b)), else by a rule written down "
        "where they are declared.")};
  }
  return {absl::StrCat("To break it, let ", Quoted(model, cycle[0].waiter),
                       " do its part for the others before it waits, or give one of these waits a "
                       "way out: a done channel or a Context in a select.")};
}

// --- Waits outside a cycle ---------------------------------------------------

std::string WhyNobody(const Stuck& stuck, TaskId task) {
  const Model& model = stuck.model();
  const Wait& wait = model.Task(task).wait;
  const std::string who = Quoted(model, task), what = WaitedFor(model, wait);
  if (wait.kind == WaitKind::kNilChan || (wait.kind == WaitKind::kSelect && wait.cases.empty())) {
    return absl::StrCat(who, " waits on ", what, ", which is never ready.");
  }
  const std::vector<Link> links = stuck.Links(task);
  const bool guessed = links.empty() || links.front().kind == LinkKind::kCould;
  const std::vector<TaskId> servers = stuck.CouldServe(task);
  std::vector<TaskId> gone;
  for (const GoneUser& user : GoneUsers(model, task)) gone.push_back(user.task);
  if (guessed && !gone.empty()) {
    return absl::StrCat(who, " ", WhatItWaitsFor(model, task), "; of those who used it, ",
                        Enumerate(QuotedAlike(model, gone)),
                        gone.size() == 1 ? " has ended" : " have ended",
                        wait.kind == WaitKind::kRecv ? " without closing it." : ".");
  }
  if (servers.empty()) {
    return absl::StrCat(who, " ", WhatItWaitsFor(model, task),
                        ", and no task that is left has ever used it.");
  }
  if (WaitsForLock(wait) && model.Task(servers.front()).ended) {
    return absl::StrCat(what, " was locked by ", Quoted(model, servers.front()),
                        ", which ended without unlocking it.");
  }
  return absl::StrCat(who, " ", WhatItWaitsFor(model, task), "; only ",
                      Enumerate(QuotedAlike(model, servers)),
                      " could serve that, blocked for ever like it.");
}

}  // namespace gordian::detector
