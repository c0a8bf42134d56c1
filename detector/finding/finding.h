// A finding as plain data: everything a report says, and nothing about how it looks.
//
// Analyses fill it in; report formats print it. Sites stay ids here: the report asks
// the symbols for function, file and line.
#ifndef GORDIAN_DETECTOR_FINDING_FINDING_H_
#define GORDIAN_DETECTOR_FINDING_FINDING_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "instrument/trace/event.h"
#include "instrument/trace/ids.h"

namespace gordian::detector {

// In order of weight.
enum class Verdict : std::uint8_t { kInfo, kSuspected, kPredicted, kConfirmed };

struct HeldLock {
  trace::ObjectId object = 0;
  bool shared = false;     // a read lock
  trace::SiteId site = 0;  // where it was acquired
};

struct Waiting {
  trace::ObjectId object = 0;  // 0: a task (join), a sleep, or a select
  trace::TaskId joined_task = 0;
  std::string joined_name;  // of that task
  std::string operation;    // "Lock", "RLock", "channel send", "WaitGroup.Wait", …
  trace::SiteId site = 0;
  std::uint64_t since_ns = 0;            // when it began
  std::uint64_t duration_ns = 0;         // until it ended or the trace did
  std::vector<trace::ObjectId> choices;  // the channels of a select
};

// One task's part in what happened.
struct TaskPart {
  trace::TaskId id = 0;
  std::string name;  // "alice→bob", or "goroutine 7", "thread 3", "main"
  std::vector<std::pair<std::string, std::string>> labels;  // what it works for: name, value
  trace::TaskKind kind = trace::TaskKind::kGoroutine;
  trace::SiteId spawned_at = 0;
  trace::TaskId parent = 0;
  trace::SiteId at = 0;  // where it stands, or what it did
  std::vector<HeldLock> held;
  bool is_waiting = false;
  Waiting waiting;
  std::string what;         // one clause: "writes balance", "was never joined"
  std::uint32_t count = 1;  // tasks alike that this part stands for
};

struct ObjectPart {
  trace::ObjectId id = 0;
  trace::ObjectKind kind = trace::ObjectKind::kUnknown;
  std::string name;  // "accounts[0].mu", or "mutex 4"
  trace::SiteId created_at = 0;
  bool first_used = false;    // there: it was made nobody knows where
  std::uint64_t address = 0;  // of memory that is no object; 0: not so
  std::uint64_t bytes = 0;    // that the finding is about
};

// One event that the finding rests on.
struct Evidence {
  std::uint64_t seq = 0;
  trace::TaskId task = 0;
  trace::SiteId site = 0;
  std::string what;  // "locks accounts[0].mu"
};

// One arrow of the picture; a name is a task's or an object's.
struct Edge {
  std::string from;
  std::string label;  // "waits", "held by", "received by"
  std::string to;
};

struct Finding {
  std::string rule;  // "deadlock.cycle"
  Verdict verdict = Verdict::kConfirmed;
  std::string test;           // the test it belongs to, if any
  std::string title;          // one line, no full stop
  std::string summary;        // one paragraph, in the program's own names
  std::vector<Edge> picture;  // a cycle, in order; may be empty
  std::vector<TaskPart> tasks;
  std::vector<ObjectPart> objects;
  std::vector<std::string> reasons;  // why it cannot end, how it can happen
  std::vector<std::string> advice;   // what to change
  std::vector<Evidence> evidence;
  std::vector<Evidence> schedule;  // for predicted: the order that shows it
  std::uint32_t count = 1;         // occurrences folded into this one

  // Every task whose being stuck this accounts for, also those that `tasks` folds.
  std::vector<trace::TaskId> explains;

  // What makes two findings the same across runs and line shifts, before hashing:
  // object names and kinds, operations. The report adds rule and function names.
  std::vector<std::string> identity;
  // Sites whose *functions* belong to the identity, in a canonical order.
  std::vector<trace::SiteId> identity_sites;
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_FINDING_FINDING_H_
