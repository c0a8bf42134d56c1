// How a primitive makes itself known to the trace.
#ifndef GORDIAN_LIB_INTERNAL_OBJECT_H_
#define GORDIAN_LIB_INTERNAL_OBJECT_H_

#include <cstdint>
#include <source_location>
#include <string_view>

#include "instrument/recorder/recorder.h"

namespace gordian::internal {

// Gives `object` its id, birthplace and name in the present recording, unless it has them.
inline void EnsureKnown(recorder::ThreadLog& log, recorder::Tracked& object, trace::ObjectKind kind,
                        std::uint64_t detail, const std::source_location& made_at,
                        std::string_view name) {
  if (recorder::IsRegistered(object)) [[likely]]
    return;
  recorder::Register(object, kind, detail, log.Site(made_at));
  if (name.empty()) return;
  recorder::LocalText(log, trace::EventType::kObjectName, object.id.load(std::memory_order_relaxed),
                      0, name);
}

}  // namespace gordian::internal

#endif  // GORDIAN_LIB_INTERNAL_OBJECT_H_
