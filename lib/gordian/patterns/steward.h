// A steward watches a goroutine, its ward, by its heartbeat, and starts it anew when it falls
// silent.
//
//   gordian::Ward poll = [&](const gordian::Until& until, absl::Duration pulse) { … };
//   gordian::Ward healed = gordian::Steward(absl::Seconds(5), poll);
//   gordian::RecvChan<gordian::Unit> beats = healed(ctx, absl::Seconds(1));
//
// A ward starts its goroutine, which lives until `until` has ended and beats every `pulse`, and
// returns the channel of its beats. What a steward makes is a ward again, and may have a steward.
//
// Limits   a silent ward is told to end, by its `until`; one that does not look at that stays, and
// is
//          found as a leak. A ward whose channel is closed has ended, and counts as silent.
// Cost     one goroutine, a Timer, a Ticker and two channels.
#ifndef GORDIAN_PATTERNS_STEWARD_H_
#define GORDIAN_PATTERNS_STEWARD_H_

#include <functional>
#include <source_location>
#include <string_view>

#include "absl/time/time.h"
#include "gordian/chan.h"
#include "gordian/patterns/until.h"

namespace gordian {

using Ward = std::function<RecvChan<Unit>(const Until& until, absl::Duration pulse)>;

// A ward that is `ward`, started anew whenever it has not beaten for `timeout`. It asks for two
// beats in that time.
Ward Steward(absl::Duration timeout, Ward ward, std::string_view name = {},
             const std::source_location& at = std::source_location::current());

}  // namespace gordian

#endif  // GORDIAN_PATTERNS_STEWARD_H_
