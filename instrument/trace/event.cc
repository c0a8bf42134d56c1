#include "instrument/trace/event.h"

#include <algorithm>

namespace gordian::trace {
namespace {

template <typename... Operands>
constexpr EventSpec MakeSpec(std::string_view name, Order order, Subject subject, bool has_text,
                             Operands... operands) {
  static_assert(sizeof...(operands) <= 4);
  return {name, order, subject, has_text, sizeof...(operands), {std::string_view(operands)...}};
}

constexpr bool kText = true;
constexpr bool kNoText = false;

// The operands' names, without the leading space that stringizing leaves between them.
#define GORDIAN_NAMES_1(a) , #a
#define GORDIAN_NAMES_2(a, b) , #a, #b
#define GORDIAN_NAMES_3(a, b, c) , #a, #b, #c
#define GORDIAN_PICK(_1, _2, _3, pick, ...) pick
#define GORDIAN_NAMES(...) \
  __VA_OPT__(              \
      GORDIAN_PICK(__VA_ARGS__, GORDIAN_NAMES_3, GORDIAN_NAMES_2, GORDIAN_NAMES_1)(__VA_ARGS__))

constexpr std::array<EventSpec, kEventTypes> kSpecs = {{
    {"none", Order::kLocal, Subject::kNone, false, 0, {}},
#define GORDIAN_EVENT(name, text_name, order, subject, text, ...) \
  MakeSpec(text_name, Order::k##order, Subject::k##subject, k##text GORDIAN_NAMES(__VA_ARGS__)),
#include "instrument/trace/events.def"
#undef GORDIAN_EVENT
}};

constexpr bool SpecsAreSound() {
  for (const EventSpec& spec : kSpecs) {
    if (spec.name.empty()) return false;
    if (spec.order != Order::kLocal && spec.subject != Subject::kObject) return false;
  }
  return true;
}
static_assert(SpecsAreSound(), "a versioned event must have an object as its subject");

constexpr std::array<std::string_view, static_cast<std::size_t>(ObjectKind::kKinds)> kKindNames = {
    "object", "mutex",   "rwmutex",   "recursive-mutex", "rwmutex-readers", "cond",   "waitgroup",
    "once",   "channel", "semaphore", "barrier",         "latch",           "atomic", "pool",
    "timer",  "ticker",  "context",   "variable",        "custom",          "nil",    "memory"};

}  // namespace

const EventSpec& Spec(EventType type) { return kSpecs[static_cast<std::size_t>(type)]; }

std::optional<EventType> TypeNamed(std::string_view name) {
  const auto found = std::find_if(kSpecs.begin() + 1, kSpecs.end(),
                                  [&](const EventSpec& spec) { return spec.name == name; });
  if (found == kSpecs.end()) return std::nullopt;
  return static_cast<EventType>(found - kSpecs.begin());
}

std::string_view NameOf(ObjectKind kind) {
  const auto index = static_cast<std::size_t>(kind);
  return index < kKindNames.size() ? kKindNames[index] : kKindNames[0];
}

std::optional<ObjectKind> ObjectKindNamed(std::string_view name) {
  const auto found = std::find(kKindNames.begin(), kKindNames.end(), name);
  if (found == kKindNames.end()) return std::nullopt;
  return static_cast<ObjectKind>(found - kKindNames.begin());
}

}  // namespace gordian::trace
