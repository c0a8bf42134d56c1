// What a race's report says.
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "detector/analysis/describe.h"
#include "detector/analysis/race.h"

namespace gordian::detector {
namespace {

using trace::EventType;

// "writes", "atomically reads", "frees".
const char* Verb(const Access& access) {
  switch (access.kind) {
    case AccessKind::kRead:
      return "reads";
    case AccessKind::kWrite:
      return "writes";
    case AccessKind::kAtomicRead:
      return "atomically reads";
    case AccessKind::kAtomicWrite:
      return "atomically writes";
    case AccessKind::kFree:
      return "frees";
  }
  return "touches";
}

// "holding accounts.mu and rw (for reading)", "holding no lock".
std::string Holding(const std::vector<HeldLock>& held, const Model& model) {
  if (held.empty()) return "holding no lock";
  std::vector<std::string> names;
  for (const HeldLock& lock : held) {
    names.push_back(absl::StrCat(model.ObjectName(lock.object), lock.shared ? " for reading" : ""));
  }
  return absl::StrCat("holding ", Enumerate(names));
}

TaskPart Part(const Access& access, const std::vector<HeldLock>& held, const std::string& variable,
              const Model& model) {
  TaskPart part = DescribeTask(model, access.task);
  part.at = access.site;
  part.held = held;
  part.is_waiting = false;
  part.waiting = {};
  part.what = absl::StrCat(Verb(access), " ", variable);
  return part;
}

std::string Released(const Release& release, const Model& model) {
  const std::string object = model.ObjectName(release.subject);
  switch (release.type) {
    case EventType::kHeapFree:
      return "freed a heap block";
    case EventType::kTaskSpawn:
      return absl::StrCat("started ", Quoted(model, release.subject));
    case EventType::kUnlock:
    case EventType::kRUnlock:
      return absl::StrCat("unlocked ", object);
    case EventType::kChanSend:
      return absl::StrCat("sent on ", object);
    case EventType::kChanClose:
      return absl::StrCat("closed ", object);
    case EventType::kWaitGroupAdd:
      return absl::StrCat("called Done on ", object);
    case EventType::kCancel:
      return absl::StrCat("cancelled ", object);
    case EventType::kCondSignal:
    case EventType::kCondBroadcast:
      return absl::StrCat("signalled ", object);
    default:
      return absl::StrCat("released ", object);
  }
}

const HeldLock* CommonLock(const Race& race) {
  for (const HeldLock& lock : race.first_held) {
    const auto same = std::ranges::find(race.second_held, lock.object, &HeldLock::object);
    if (same != race.second_held.end()) return &lock;
  }
  return nullptr;
}

void Explain(const Race& race, Finding& finding, const Model& model) {
  const std::string first = Quoted(model, race.first.task);
  const std::string second = Quoted(model, race.second.task);
  if (const HeldLock* common = CommonLock(race)) {
    finding.reasons.push_back(
        absl::StrCat("Both hold ", model.ObjectName(common->object),
                     ", but not both for writing, and readers do not exclude each other"));
  } else if (race.first_held.empty() && race.second_held.empty()) {
    finding.reasons.push_back("Neither holds a lock");
  } else {
    finding.reasons.push_back(absl::StrCat("No lock is held by both: ", first, " is ",
                                           Holding(race.first_held, model), ", ", second, " ",
                                           Holding(race.second_held, model)));
  }
  if (race.last_known.type != EventType::kNone) {
    finding.reasons.push_back(absl::StrCat("The last that ", second, " knows of ", first,
                                           " is that it ", Released(race.last_known, model),
                                           "; the access of ", first, " came after that"));
    finding.evidence.push_back({.seq = 0,
                                .task = race.first.task,
                                .site = race.last_known.site,
                                .what = Released(race.last_known, model)});
  } else if (race.knows_nothing) {
    finding.reasons.push_back(
        absl::StrCat("No synchronisation leads from ", first, " to ", second, " at all"));
  }
}

void AdviseOnLocks(const Race& race, const std::string& variable, Finding& finding,
                   const Model& model) {
  const auto exclusive = [](const HeldLock& lock) { return !lock.shared; };
  const auto first = std::ranges::find_if(race.first_held, exclusive);
  const auto second = std::ranges::find_if(race.second_held, exclusive);
  const bool guarded = first != race.first_held.end();
  const bool also_guarded = second != race.second_held.end();
  if (guarded != also_guarded) {
    const HeldLock& lock = guarded ? *first : *second;
    const Access& bare = guarded ? race.second : race.first;
    finding.advice.push_back(absl::StrCat("Hold ", model.ObjectName(lock.object), " around what ",
                                          Quoted(model, bare.task), " does with ", variable,
                                          " too, as the other side does"));
  } else if (guarded) {
    finding.advice.push_back(absl::StrCat("Guard ", variable, " with one lock: either ",
                                          model.ObjectName(first->object), " or ",
                                          model.ObjectName(second->object), ", at every access"));
  } else if (race.variable != 0) {
    finding.advice.push_back(absl::StrCat(
        "Guard ", variable,
        " with one gordian::Mutex, make it a gordian::Atomic, or let one task own it and "
        "hand the value over through a channel"));
  } else {
    finding.advice.push_back(absl::StrCat("Guard ", variable,
                                          " with one mutex, make it a std::atomic, or join or "
                                          "signal before the other task goes on"));
  }
}

void Advise(const Race& race, const std::string& variable, Finding& finding, const Model& model) {
  const bool first_frees = race.first.kind == AccessKind::kFree;
  if (first_frees || race.second.kind == AccessKind::kFree) {
    const Access& user = first_frees ? race.second : race.first;
    finding.advice.push_back(absl::StrCat(
        "Free ", variable, " only when ", Quoted(model, user.task),
        " is done with it: wait for it (join), or count the owners (std::shared_ptr)"));
  } else if (race.first.IsAtomic() != race.second.IsAtomic()) {
    const Access& plain = race.first.IsAtomic() ? race.second : race.first;
    finding.advice.push_back(absl::StrCat("Make the access of ", Quoted(model, plain.task),
                                          " atomic too: an atomic variable is one only where "
                                          "every access to it is"));
  } else {
    AdviseOnLocks(race, variable, finding, model);
  }
}

// What can come of it.
const char* Consequence(const Race& race) {
  if (race.first.kind == AccessKind::kFree || race.second.kind == AccessKind::kFree) {
    return ", and the memory can belong to somebody else by then.";
  }
  if (race.first.IsWrite() && race.second.IsWrite()) return ", and one of the two values is lost.";
  return ", and the reader can see the old value, the new one, or part of each.";
}

// The variable, for a report.
struct Named {
  std::string name;    // "counter", "bytes 8 to 11 of a heap block of 64 bytes"
  std::string origin;  // where it comes from, a sentence; may be empty
  std::string stable;  // the name without what depends on the run
  ObjectPart part;
};

// "4 bytes", "bytes 8 to 11": the place of the raced bytes in what holds them.
std::string BytesFrom(std::uint64_t offset, std::uint64_t bytes) {
  if (bytes <= 1) return absl::StrCat("byte ", offset);
  return absl::StrCat("bytes ", offset, " to ", offset + bytes - 1);
}

Named NameObject(const Race& race, const Model& model) {
  Named named;
  named.part = DescribeObject(model, race.variable);
  named.name = named.part.name;
  named.stable = model.Object(race.variable).name;
  return named;
}

Named NameBlock(const Race& race, const MemoryBlock& block, const Model& model) {
  Named named;
  const std::string owner = Quoted(model, block.task);
  if (block.is_stack) {
    named.name = absl::StrCat("a variable on the stack of ", owner);
    named.stable = "stack";
    if (block.ended) named.origin = absl::StrCat(owner, " has ended, and its stack with it.");
  } else {
    named.name = absl::StrCat(BytesFrom(race.address - block.address, race.bytes),
                              " of a heap block of ", Count(block.bytes, "byte"));
    named.stable = "heap";
    named.origin = absl::StrCat("The block was allocated by ", owner, ".");
    named.part.created_at = block.site;
  }
  return named;
}

Named NameSymbol(const Race& race, const DataSymbol& symbol, DataNames& names) {
  Named named;
  named.name = symbol.name;
  if (symbol.offset != 0 || (symbol.bytes > race.bytes && race.bytes != 0)) {
    absl::StrAppend(&named.name, " (", BytesFrom(symbol.offset, race.bytes), " of ", symbol.bytes,
                    ")");
  }
  named.stable = symbol.name;
  if (const std::optional<DataDefinition> at = names.DefinitionAt(race.address)) {
    named.origin = absl::StrCat(symbol.name, " is defined at ",
                                at->file.substr(at->file.rfind('/') + 1), ":", at->line, ".");
  }
  return named;
}

Named NameVariable(const Race& race, const Model& model, DataNames* names) {
  Named named;
  if (race.variable != 0) {
    named = NameObject(race, model);
    if (race.bytes == 0 || !named.stable.empty()) return named;
  }
  const std::optional<DataSymbol> symbol =
      race.block || names == nullptr ? std::nullopt : names->DataAt(race.address);
  if (race.block) {
    named = NameBlock(race, *race.block, model);
  } else if (symbol) {
    named = NameSymbol(race, *symbol, *names);
  } else if (race.variable == 0) {
    named.name = absl::StrCat(Count(race.bytes, "byte"), " at 0x", absl::Hex(race.address));
    named.stable = "memory";
  }
  if (race.variable == 0) named.part.kind = trace::ObjectKind::kVariable;
  named.part.id = race.variable;
  named.part.name = named.name;
  named.part.address = race.address;
  named.part.bytes = race.bytes;
  return named;
}

}  // namespace

Finding DescribeRace(const Race& race, const Model& model, DataNames* names) {
  const Named named = NameVariable(race, model, names);
  const std::string& variable = named.name;
  const std::string first = Quoted(model, race.first.task);
  const std::string second = Quoted(model, race.second.task);

  Finding finding;
  finding.rule = "race.data";
  finding.verdict = Verdict::kConfirmed;
  finding.test = TestOf(model, race.second.task);
  finding.title = absl::StrCat("Data race on ", variable, ": ", first, " ", Verb(race.first),
                               " it while ", second, " ", Verb(race.second), " it");
  finding.summary = absl::StrCat(
      first, " ", Verb(race.first), " ", variable, " ", Holding(race.first_held, model), "; ",
      second, " ", Verb(race.second), " it ", Holding(race.second_held, model),
      ". Nothing orders the two: they can come in either order, or at the same moment",
      Consequence(race), named.origin.empty() ? "" : " ", named.origin);
  finding.tasks = {Part(race.first, race.first_held, variable, model),
                   Part(race.second, race.second_held, variable, model)};
  finding.objects = {named.part};
  for (const auto* held : {&race.first_held, &race.second_held}) {
    for (const HeldLock& lock : *held) {
      const auto same = std::ranges::find(finding.objects, lock.object, &ObjectPart::id);
      if (same == finding.objects.end()) {
        finding.objects.push_back(DescribeObject(model, lock.object));
      }
    }
  }
  for (const Access* access : {&race.first, &race.second}) {
    finding.evidence.push_back(
        {access->seq, access->task, access->site, absl::StrCat(Verb(*access), " ", variable)});
  }
  Explain(race, finding, model);
  Advise(race, variable, finding, model);
  finding.count = race.count;
  finding.identity = {named.stable};
  finding.identity_sites = {std::min(race.first.site, race.second.site),
                            std::max(race.first.site, race.second.site)};
  return finding;
}

}  // namespace gordian::detector
