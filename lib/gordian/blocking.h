// Calls that block the thread: a system call, a foreign library.
//
//   const int status = gordian::Blocking([&] { return fsync(fd); });
//
// While `f` runs, the calling goroutine keeps its thread and its processor goes to others: another
// thread takes it over when the call lasts. For sockets and pipes see gordian/net.h, which needs no
// thread for each wait.
//
// Limits   as long as it runs the program does not count as standing still. Under a controlled
//          schedule `f` runs beside the task whose turn it is: what it does in the library is not
//          decided by the schedule.
// Cost     a few atomic operations where the call returns within a millisecond or two; else
//          another thread is woken, or started.
#ifndef GORDIAN_BLOCKING_H_
#define GORDIAN_BLOCKING_H_

#include <utility>

#include "gordian/internal/blocking_call.h"

namespace gordian {

// What `f` returns; what it throws is thrown.
template <typename F>
decltype(auto) Blocking(F&& f) {
  const internal::BlockingCall call;
  return std::forward<F>(f)();
}

}  // namespace gordian

#endif  // GORDIAN_BLOCKING_H_
