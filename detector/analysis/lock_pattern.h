// Deadlock patterns of the lock graph, and whether another schedule reaches one.
//
// A pattern is a cycle of abstract acquisitions: each asks for the lock that the next one
// holds, they belong to different tasks, and no lock held by two of them keeps them
// apart (a gate). PatternFinder finds those of a cycle of locks; a Predictor looks for instances of
// one that a sync-preserving reordering reaches together (sp_closure.h).
//
// Locking   none.
// Cost      Predict(): the closure only grows from instance to instance, so a pattern
//           costs at most its instances plus the flows before them.
#ifndef GORDIAN_DETECTOR_ANALYSIS_LOCK_PATTERN_H_
#define GORDIAN_DETECTOR_ANALYSIS_LOCK_PATTERN_H_

#include <cstdint>
#include <span>
#include <vector>

#include "absl/functional/function_ref.h"
#include "detector/analysis/lock_graph.h"
#include "detector/analysis/lock_trace.h"
#include "detector/analysis/sp_closure.h"

namespace gordian::detector {

// One task's part: it asks for `wants` while it holds `holds`.
struct PatternStep {
  TaskId task = 0;
  ObjectId holds = 0, wants = 0;
  bool holds_shared = false, wants_shared = false;
  bool needs_writer = false;  // both read: it blocks only behind a writer that waits
  std::span<const AbstractAcquire::Instance> instances;
  std::size_t chosen = 0;  // the instance that stands for them

  const AbstractAcquire::Instance& instance() const { return instances[chosen]; }
};
using Pattern = std::vector<PatternStep>;

// Whether some lock that both hold cannot be held by two.
bool HaveGate(std::span<const HeldMode> a, std::span<const HeldMode> b);

// What keeps a pattern from happening in any reordering considered.
enum class Obstacle : std::uint8_t {
  kNone,       // nothing: it is predicted
  kSpawnJoin,  // one of the tasks starts or ends before the other can get there
  kFlow,       // a value, a message or a wait orders them
  kSections,   // only with other critical sections swapped
  kReaders,    // read modes: the argument covers exclusive locks only
  kEffort,     // too many patterns: not looked into
};

class Predictor {
 public:
  explicit Predictor(const LockTrace& trace) : trace_(trace), closure_(trace, sections_) {}

  // Takes in what is new in the trace, and sets the work for the predictions that follow.
  void Refresh(std::uint64_t budget);

  // Looks for instances that can be reached together; sets the steps' `chosen`. kReaders
  // is never the answer.
  Obstacle Predict(Pattern& pattern);

  const LockSections& sections() const { return sections_; }

 private:
  bool Reach(Pattern& pattern, SpClosure::Flows flows, bool with_sections);

  const LockTrace& trace_;
  LockSections sections_;
  SpClosure closure_;
  std::uint64_t limit_ = 0;  // of closure_.steps()
};

class PatternFinder {
 public:
  PatternFinder(const LockGraph& graph, const LockSections& sections, const Model& model)
      : graph_(graph), sections_(sections), model_(model) {}

  // Calls `visit` with patterns of the cycle until it returns false or `most` abstract
  // acquisitions were tried. Returns how many were.
  using Visit = absl::FunctionRef<bool(Pattern&)>;
  std::size_t ForEach(std::span<const std::uint32_t> edges, Visit visit, std::size_t most);

 private:
  bool Choose(std::span<const std::uint32_t> edges, Visit visit, std::size_t* left);
  bool Fits(const AbstractAcquire& next) const;
  bool SetModes(std::span<const std::uint32_t> edges, Pattern& pattern) const;
  bool OthersWrite(ObjectId lock, const Pattern& pattern) const;

  const LockGraph& graph_;
  const LockSections& sections_;
  const Model& model_;
  std::vector<const AbstractAcquire*> chosen_;
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_ANALYSIS_LOCK_PATTERN_H_
