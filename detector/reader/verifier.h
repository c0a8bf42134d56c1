// Checks that the events of a trace can have happened: FORMAT.md's rules on what events mean.
//
//   Verifier verifier;
//   …verifier.Take(event)…          // every event, in the reader's order
//   verifier.Finish(complete);
//   for (const Violation& v : verifier.violations()) …   // "stream 3, word 17: `unlock` …"
//
// Two machines: one per object (object_rules.h, a transition table) and one per task (what it may
// do before its run, while it waits, in a select, and after its end). What a `misuse` record of the
// same task and object explains is legal; so is what a loss explains. Limits    keeps the first 100
// violations and counts the rest. Locking   none.  Cost: a few look-ups per event; memory linear in
// tasks and objects.
#ifndef GORDIAN_DETECTOR_READER_VERIFIER_H_
#define GORDIAN_DETECTOR_READER_VERIFIER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "detector/reader/object_rules.h"
#include "detector/reader/wait_rules.h"
#include "instrument/trace/event.h"

namespace gordian::detector {

struct Violation {
  std::string rule;  // stable: "unlock-not-held"
  std::string message;
  trace::StreamId stream = 0;
  std::uint64_t offset = 0;  // the record's word in its stream; the line, for texts in order
  std::uint64_t seq = 0;
  bool loss_explains = false;  // what is missing from a cut trace may be why
};

class Verifier {
 public:
  void Take(const trace::Event& event);

  // No more events. Where the trace is not complete, what that explains is forgiven.
  void Finish(bool complete);

  const std::vector<Violation>& violations() const { return violations_; }
  std::uint64_t count() const { return count_; }

 private:
  enum class Life : std::uint8_t { kUnknown, kSpawned, kBegun, kEnded };
  struct Select {
    std::uint32_t announced = 0;  // cases that `select` promised
    bool has_default = false;
    bool open = false;
    bool took_default = false;  // it is over
    std::vector<CaseOfSelect> cases;
    CaseOfSelect taken;  // by the last operation with flag `select`
  };
  struct Task {
    Life life = Life::kUnknown;
    OpenWait wait;
    Select select;
    trace::ObjectId misused = 0;  // what the next event on this object may break is known
    bool has_misused = false;
  };

  void CheckOperands(const trace::Event& event);
  void CheckMemory(const trace::Event& event);
  void CheckTask(const trace::Event& event);
  void CheckLife(const trace::Event& event);
  void CheckOtherTask(const trace::Event& event);
  void CheckWait(const trace::Event& event, Task& task);
  void CheckSelect(const trace::Event& event, Task& task);
  void CheckSelectEnd(const trace::Event& event, Task& task);
  void Forget();
  Task& TaskOf(trace::TaskId id);
  void Report(const trace::Event& event, std::string_view rule, std::string_view what,
              bool loss_explains = false);

  ObjectRules objects_;
  std::vector<Task> tasks_;
  bool lossy_ = false;  // records were lost: what tasks do may have causes that are not here
  std::vector<Violation> violations_;
  std::uint64_t count_ = 0;
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_READER_VERIFIER_H_
