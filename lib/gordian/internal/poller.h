// The poller: one thread in epoll_wait that wakes tasks whose descriptors are ready.
//
// Nothing of a wait is written to the trace: a task that waits here can be served by the world, so
// that for the analyses it runs. While it is in the poller's table it counts as activity.
#ifndef GORDIAN_LIB_INTERNAL_POLLER_H_
#define GORDIAN_LIB_INTERNAL_POLLER_H_

#include <cstdint>

namespace gordian::internal {

class CancelNode;

// Parks the calling task until `fd` has one of epoll's `events`, or an error or hang-up: 0. Or
// until `canceller`, which may be nullptr, is cancelled: ECANCELED. Else what epoll says of the
// descriptor.
int WaitForDescriptor(int fd, std::uint32_t events, CancelNode* canceller);

}  // namespace gordian::internal

#endif  // GORDIAN_LIB_INTERNAL_POLLER_H_
