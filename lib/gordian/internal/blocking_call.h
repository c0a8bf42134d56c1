// The time that a goroutine spends in a call that blocks its thread.
//
// Its processor is *offered*: the monitor (timers.cc), which looks once a millisecond, gives it to
// another worker when it finds it offered by the same call twice. A call that ends earlier takes it
// back in one atomic step. Meanwhile the goroutine is bound to its thread, as by LockOSThread, so
// that whatever it does finds it so. (Go's runtime treats system calls alike: entersyscall.)
#ifndef GORDIAN_LIB_INTERNAL_BLOCKING_CALL_H_
#define GORDIAN_LIB_INTERNAL_BLOCKING_CALL_H_

namespace gordian::internal {

class Task;
struct Processor;

class [[nodiscard]] BlockingCall {
 public:
  BlockingCall();
  ~BlockingCall();
  BlockingCall(const BlockingCall&) = delete;
  BlockingCall& operator=(const BlockingCall&) = delete;

 private:
  Task* task_ = nullptr;  // nullptr within another such call
  Processor* offered_ = nullptr;
};

// For the monitor: whether `processor` is offered; gives it away where that lasts.
bool ServeOffer(Processor& processor);

}  // namespace gordian::internal

#endif  // GORDIAN_LIB_INTERNAL_BLOCKING_CALL_H_
