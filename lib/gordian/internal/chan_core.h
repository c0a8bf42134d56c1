// The channel behind every Chan<T>: one type for all element types.
//
// A ring buffer and two queues of waiters under one SpinLock. A value goes straight from
// the sender's stack to a parked receiver's; only what nobody waits for enters the ring.
// A receive from a full ring moves the longest-parked sender's value in at once, so
// that values leave in the order in which their sends began.
//
// Locking   everything but the reference count is under `lock_`. An element's move constructor and
//           destructor run inside it: they must not use gordian themselves.
// Cost      no allocation after construction; an operation that does not park is two atomic
//           steps.
// Lifetime  counted: handles (Chan, SendChan, RecvChan) and pins. A parked operation pins the
//           channel, since the handle it was called on may be gone when it wakes.
#ifndef GORDIAN_LIB_INTERNAL_CHAN_CORE_H_
#define GORDIAN_LIB_INTERNAL_CHAN_CORE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <source_location>
#include <string_view>

#include "gordian/internal/origin.h"
#include "gordian/internal/task.h"
#include "instrument/recorder/recorder.h"

namespace gordian::internal {

// What a channel must know of its elements.
struct ElementType {
  std::size_t size;  // 0: an element is nothing but its arrival
  std::size_t align;
  void (*move)(void* to, void* from) noexcept;  // constructs at `to`; nullptr: copies bytes
  void (*destroy)(void* element) noexcept;      // nullptr: nothing to do
};

// What a waker tells a parked operation.
enum ChanResult : std::uintptr_t { kChanPending = 0, kChanDone = 1, kChanClosed = 2 };

// Where an operation was called, and the log to record it in: nullptr when recording is off.
struct ChanCall {
  recorder::ThreadLog* log = nullptr;
  trace::SiteId site = 0;
  std::uint16_t flags = 0;  // kFlagSelect
};

// One parked send or receive, or one case of a parked select.
struct ChanWaiter : Waiter {
  ChanWaiter(Task& owner, void* element, const ChanCall& call)
      : Waiter(owner), site(call.site), flags(call.flags) {
    value = element;
  }
  trace::SiteId site;
  std::uint16_t flags;
};

class ChanCore {
 public:
  // The caller owns one handle. Panics where the buffer is larger than memory can be.
  static ChanCore* Make(std::size_t capacity, const ElementType& type, std::string_view name,
                        const std::source_location& made_at);

  // The operations of a handle; `core` may be nullptr, the nil channel.
  static void Send(ChanCore* core, void* value, const std::source_location& where);
  static bool Recv(ChanCore* core, void* place, const std::source_location& where);
  static void Close(ChanCore* core, const std::source_location& where);
  static std::size_t Len(ChanCore* core, const std::source_location& where);
  // The channel's id in the trace, which it enters here at the latest.
  trace::ObjectId IdIn(recorder::ThreadLog& log);
  // For the runtime itself, which never waits and is not scheduled: false where the channel
  // is full, empty or closed.
  bool Offer(void* value, const std::source_location& where);
  bool Poll(void* place, const std::source_location& where);
  bool CloseIfOpen(const std::source_location& where) { return TryClose(Call(where)); }

  // Without the lock: false where at some moment during the call the operation would have blocked.
  // A channel that was not closed after that moment was not closed in it either.
  bool MaySend() const {
    const bool full = capacity_ == 0 ? receivers_.SeenEmpty() : Count() == capacity_;
    return !full || closed_.load(std::memory_order_acquire);
  }
  bool MayRecv() const {
    const bool empty = capacity_ == 0 ? senders_.SeenEmpty() : Count() == 0;
    return !empty || closed_.load(std::memory_order_acquire);
  }

  const recorder::Tracked& tracked() const { return origin_.tracked(); }

  static std::size_t Cap(const ChanCore* core) { return core == nullptr ? 0 : core->capacity_; }

  void AddHandle() {
    refs_.fetch_add(kHandle, std::memory_order_seq_cst);
    if (recorder::On() && watched_.load(std::memory_order_seq_cst)) [[unlikely]]
      HandlesChanged();
  }
  void DropHandle() {
    if (recorder::On()) [[unlikely]]
      return DropHandleRecorded();
    Unref(kHandle);
  }
  void SetName(std::string_view name) { origin_.SetName(name); }
  std::uint32_t handles() const {
    return static_cast<std::uint32_t>(refs_.load(std::memory_order_seq_cst));
  }

 private:
  friend class Selection;

  enum class Attempt : std::uint8_t { kBlocked, kDone, kClosed };
  // How an attempt ended, and the parked partner that it completed: to be woken
  // once the lock is free.
  struct Outcome {
    Attempt attempt;
    Waiter* partner = nullptr;
  };

  static constexpr std::uint64_t kHandle = 1;
  static constexpr std::uint64_t kPin = std::uint64_t{1} << 32;

  ChanCore(std::size_t capacity, const ElementType& type, std::string_view name,
           const std::source_location& made_at);
  ~ChanCore();

  trace::ObjectId id() { return tracked().id.load(std::memory_order_relaxed); }
  recorder::Tracked& tracked() { return origin_.tracked(); }

  // Changed under the lock only.
  bool IsClosed() const { return closed_.load(std::memory_order_relaxed); }
  std::size_t Count() const { return count_.load(std::memory_order_acquire); }
  void SetCount(std::size_t count) { count_.store(count, std::memory_order_release); }

  // Under the lock.
  Outcome TrySend(void* value, const ChanCall& call);
  Outcome TryRecv(void* place, const ChanCall& call);
  bool CanSend() { return IsClosed() || Count() < capacity_ || HasWaiter(receivers_); }
  bool CanRecv() { return Count() > 0 || IsClosed() || HasWaiter(senders_); }
  static bool HasWaiter(WaiterQueue& queue);
  // Takes every waiter out of both queues; returns them as a chain, to be woken.
  Waiter* CloseLocked(const ChanCall& call);

  // Not under the lock.
  bool TryClose(const ChanCall& call);
  [[noreturn]] void PanicSendClosed(const ChanCall& call, std::uint64_t drop,
                                    const std::source_location& where);
  // Parks, pinned; `lock_` is held when it is called and free when it returns.
  void Park(WaiterQueue& queue, ChanWaiter& self, const ChanCall& call, trace::EventType request);

  void Pin() { refs_.fetch_add(kPin, std::memory_order_relaxed); }
  void Unref(std::uint64_t what) {
    if (refs_.fetch_sub(what, std::memory_order_acq_rel) == what) Destroy(this);
  }
  static void Destroy(ChanCore* core);
  void DropHandleRecorded();

  // The ring.
  void* Slot(std::size_t index) const { return buffer_ + index * type_.size; }
  void Put(void* value);
  void Take(void* place);
  void MoveElement(void* to, void* from) const;

  // What is recorded (chan_record.cc). Call() begins every operation; events of the operation
  // itself and of a waiter that it completes are written under the lock.
  ChanCall Call(const std::source_location& where) {
    if (!recorder::On()) [[likely]]
      return {};
    return CallRecorded(where);
  }
  ChanCall CallRecorded(const std::source_location& where);
  void Record(const ChanCall& call, trace::EventType type) {
    if (call.log != nullptr) [[unlikely]]
      RecordSlow(call, type);
  }
  void RecordFor(const ChanCall& call, trace::EventType type, const Waiter& waiter) {
    if (call.log != nullptr) [[unlikely]]
      RecordForSlow(call, type, waiter);
  }
  void RecordSlow(const ChanCall& call, trace::EventType type);
  void RecordForSlow(const ChanCall& call, trace::EventType type, const Waiter& waiter);
  void RecordClosedSeen(const ChanCall& call);
  void RecordRequest(const ChanCall& call, trace::EventType request);
  void RecordHandles(const ChanCall& call);
  void RecordLen(const ChanCall& call);
  void RecordWaitEnd(trace::SiteId site, trace::WaitEndReason why);
  void RecordMisuse(trace::MisuseKind what, trace::SiteId site);
  void RecordEnd();
  void HandlesChanged();

  SpinLock lock_;
  std::atomic<bool> closed_{false};
  std::atomic<bool> watched_{false};          // a parked waiter was recorded: so are handle counts
  std::atomic<std::uint64_t> refs_{kHandle};  // handles in the low half, pins in the high
  std::atomic<std::size_t> count_{0};         // elements in the ring
  std::size_t head_ = 0;                      // of the oldest
  const std::size_t capacity_;
  std::byte* const buffer_;
  const ElementType& type_;
  WaiterQueue senders_;
  WaiterQueue receivers_;
  Origin origin_;
};

// A wait on the nil channel, which nothing ends.
[[noreturn]] void BlockOnNil(trace::EventType request, const std::source_location& where);
void RecordNilMisuse(trace::MisuseKind what, const std::source_location& where);
void RecordNilRequest(trace::EventType request, const std::source_location& where);

}  // namespace gordian::internal

#endif  // GORDIAN_LIB_INTERNAL_CHAN_CORE_H_
