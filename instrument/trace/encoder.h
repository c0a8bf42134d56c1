// One record: from an Event to words. For tests, tools and the text form; the
// recorder writes its own words on the hot path.
#ifndef GORDIAN_INSTRUMENT_TRACE_ENCODER_H_
#define GORDIAN_INSTRUMENT_TRACE_ENCODER_H_

#include <cstdint>
#include <vector>

#include "instrument/trace/event.h"

namespace gordian::trace {

// Appends the record of `event` to `out`: type, flags, subject, site, version, args and text
// as Spec() says, and `event.task` where flag `for` is set. It is wide where `wide` says so,
// or where the version or the flags need it. A longer text than 64 KiB is cut.
void Encode(const Event& event, std::vector<std::uint64_t>& out, bool wide = false);

}  // namespace gordian::trace

#endif  // GORDIAN_INSTRUMENT_TRACE_ENCODER_H_
