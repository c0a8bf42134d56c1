// What every primitive carries to be recorded: its place in the trace, where it was made,
// and what it is called.
//
// An object enters the trace at its first recorded use; construction costs nothing and may
// happen before main. Names are kept for ever, once each.
#ifndef GORDIAN_LIB_INTERNAL_ORIGIN_H_
#define GORDIAN_LIB_INTERNAL_ORIGIN_H_

#include <cstdint>
#include <source_location>
#include <string_view>
#include <type_traits>

#include "instrument/recorder/recorder.h"

namespace gordian::internal {

// A copy of `name` that is never freed; equal names share it. nullptr for an empty one.
const char* KeepName(std::string_view name);

class Origin {
 public:
  constexpr explicit Origin(const std::source_location& made_at) : made_at_(made_at) {}
  constexpr Origin(std::string_view name, const std::source_location& made_at)
      : made_at_(made_at), name_(std::is_constant_evaluated() ? Literal(name) : KeepName(name)) {}
  Origin(const Origin&) = delete;
  Origin& operator=(const Origin&) = delete;

  // The object in the trace, registered.
  recorder::Tracked& In(recorder::ThreadLog& log, trace::ObjectKind kind,
                        std::uint64_t detail = 0) {
    if (!recorder::IsRegistered(tracked_)) [[unlikely]]
      Enter(log, kind, detail);
    return tracked_;
  }

  bool IsRegistered() const { return recorder::IsRegistered(tracked_); }
  recorder::Tracked& tracked() { return tracked_; }
  const recorder::Tracked& tracked() const { return tracked_; }

  void SetName(std::string_view name);
  const char* name() const { return name_; }  // kept for ever; nullptr where it has none

  // The object ends; called by the primitive's destructor.
  void End() {
    if (tracked_.id.load(std::memory_order_relaxed) != 0) [[unlikely]]
      Leave();
  }

 private:
  // A name that the compiler sees: kept for ever where it ends as literals do.
  static constexpr const char* Literal(std::string_view name) {
    if (name.empty()) return nullptr;
    if (name.data()[name.size()] != '\0') throw "the name of a constant is to be a literal";
    return name.data();
  }

  void Enter(recorder::ThreadLog& log, trace::ObjectKind kind, std::uint64_t detail);
  void Leave();

  recorder::Tracked tracked_;
  std::source_location made_at_;
  const char* name_ = nullptr;
};

}  // namespace gordian::internal

#endif  // GORDIAN_LIB_INTERNAL_ORIGIN_H_
