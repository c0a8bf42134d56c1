// The small integers that a trace is made of.
//
// Every id is local to one trace. Zero always means "none". Ids are dense and
// handed out in order of first use, so that tables indexed by them stay small.
#ifndef GORDIAN_INSTRUMENT_TRACE_IDS_H_
#define GORDIAN_INSTRUMENT_TRACE_IDS_H_

#include <cstdint>

namespace gordian::trace {

using TaskId = std::uint32_t;    // a goroutine or an OS thread
using ObjectId = std::uint32_t;  // a lock, channel, WaitGroup, variable, …
using SiteId = std::uint32_t;    // a place in the program; 24 bits on the wire
using StreamId = std::uint32_t;  // the buffer of one OS thread
using Version = std::uint64_t;   // of one object; 48 bits on the wire

inline constexpr SiteId kMaxSite = (1u << 24) - 1;
inline constexpr Version kMaxVersion = (Version{1} << 48) - 1;

}  // namespace gordian::trace

#endif  // GORDIAN_INSTRUMENT_TRACE_IDS_H_
