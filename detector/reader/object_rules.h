// What may happen to an object, as a transition table: see verifier.h.
#ifndef GORDIAN_DETECTOR_READER_OBJECT_RULES_H_
#define GORDIAN_DETECTOR_READER_OBJECT_RULES_H_

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "instrument/trace/event.h"

namespace gordian::detector {

// A rule that an event breaks.
struct BrokenRule {
  std::string_view rule;  // "unlock-not-held"
  std::string_view what;  // a sentence's end: "nobody holds it"
};

class ObjectRules {
 public:
  // Moves the object on. An event that breaks a rule leaves it in a state where anything may
  // follow.
  std::optional<BrokenRule> Take(const trace::Event& event);

  // Nothing is known of any object any more: events were lost.
  void Forget();
  // Nor of this one.
  void Forget(trace::ObjectId id);

 private:
  enum class Phase : std::uint8_t {
    kUnknown,  // anything may happen
    kFresh,    // free, open, not begun, not set
    kHeld,
    kShared,
    kRunning,
    kDone,
    kClosed,
    kArmed,
  };
  struct Transition;
  struct Object {
    trace::Version version = 0;
    trace::TaskId owner = 0;  // who holds it
    trace::ObjectKind kind = trace::ObjectKind::kUnknown;
    Phase phase = Phase::kFresh;
    bool begun = false;
    bool ended = false;
    std::uint32_t depth = 0;  // of a recursive lock; readers of a shared one
    std::uint64_t capacity = 0;
    std::int64_t value = 0;  // elements of a channel, counter of a WaitGroup, permits
  };
  static const Transition kTransitions[];

  std::optional<BrokenRule> TakeVersion(const trace::Event& event, Object& object);
  std::optional<BrokenRule> TakeLife(const trace::Event& event, Object& object);
  static std::optional<BrokenRule> CheckKind(const trace::Event& event, const Object& object);
  static std::optional<BrokenRule> TakePhase(const trace::Event& event, Object& object);
  static std::optional<BrokenRule> TakeLock(const trace::Event& event, Object& object,
                                            const Transition& transition);
  static std::optional<BrokenRule> TakeCount(const trace::Event& event, Object& object);

  std::vector<Object> objects_;
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_READER_OBJECT_RULES_H_
