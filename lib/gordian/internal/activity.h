// How much is going on: known threads that are not parked, workers that are not idle, and one
// for armed timers. When it falls to zero the program stands still: nothing that the
// library knows of can ever happen again.
//
// Cost  one atomic add where a thread or worker goes to sleep or is woken; none per switch.
#ifndef GORDIAN_LIB_INTERNAL_ACTIVITY_H_
#define GORDIAN_LIB_INTERNAL_ACTIVITY_H_

#include <atomic>
#include <cstdint>

namespace gordian::internal {

extern std::atomic<std::int64_t> g_activity;

// Called when g_activity has fallen to zero, and when it has risen from there.
void StandsStill();
void MovesAgain();

// The waker counts the woken one in, before it wakes it.
inline void ActivityBegins() {
  if (g_activity.fetch_add(1, std::memory_order_seq_cst) == 0) [[unlikely]]
    MovesAgain();
}
inline void ActivityEnds() {
  if (g_activity.fetch_sub(1, std::memory_order_seq_cst) == 1) StandsStill();
}

}  // namespace gordian::internal

#endif  // GORDIAN_LIB_INTERNAL_ACTIVITY_H_
