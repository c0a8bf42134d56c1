// The channel's operations. What they write to the trace is in chan_record.cc.
#include "gordian/internal/chan_core.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <new>

#include "gordian/internal/freeze.h"
#include "gordian/internal/record.h"
#include "gordian/panic.h"
#include "instrument/schedule/point.h"

namespace gordian::internal {

using trace::EventType;
using trace::MisuseKind;

namespace {

std::size_t AlignmentOf(const ElementType& type) { return std::max(alignof(ChanCore), type.align); }

// Where the ring begins behind the core.
std::size_t RingOffset(const ElementType& type) {
  return (sizeof(ChanCore) + type.align - 1) / type.align * type.align;
}

}  // namespace

ChanCore* ChanCore::Make(std::size_t capacity, const ElementType& type, std::string_view name,
                         const std::source_location& made_at) {
  constexpr std::size_t kMostBytes = std::numeric_limits<std::ptrdiff_t>::max();
  const std::size_t offset = RingOffset(type);
  const std::size_t most = type.size == 0 ? kMostBytes : (kMostBytes - offset) / type.size;
  if (capacity > most) throw Panic("Chan: capacity out of range", made_at);
  void* memory = ::operator new(offset + capacity * type.size, std::align_val_t{AlignmentOf(type)});
  return new (memory) ChanCore(capacity, type, name, made_at);
}

ChanCore::ChanCore(std::size_t capacity, const ElementType& type, std::string_view name,
                   const std::source_location& made_at)
    : capacity_(capacity),
      buffer_(reinterpret_cast<std::byte*>(this) + RingOffset(type)),
      type_(type),
      origin_(name, made_at) {
  if (recorder::On()) [[unlikely]]
    Call(made_at);  // registers it
}

ChanCore::~ChanCore() {
  if (recorder::On()) [[unlikely]]
    RecordEnd();
  if (type_.destroy == nullptr) return;
  for (std::size_t left = Count(); left > 0; --left) {
    type_.destroy(Slot(head_));
    head_ = (head_ + 1) % capacity_;
  }
}

void ChanCore::Destroy(ChanCore* core) {
  const std::align_val_t alignment{AlignmentOf(core->type_)};
  core->~ChanCore();
  ::operator delete(static_cast<void*>(core), alignment);
}

void ChanCore::DropHandleRecorded() {
  Pin();
  refs_.fetch_sub(kHandle, std::memory_order_seq_cst);
  if (watched_.load(std::memory_order_seq_cst)) HandlesChanged();
  Unref(kPin);
}

// --- Elements ------------------------------------------------------------------

void ChanCore::MoveElement(void* to, void* from) const {
  if (type_.move != nullptr) {
    const recorder::UnseenAccesses
        unseen;  // the channel orders the two ends, and they alone are its users
    type_.move(to, from);
  } else if (type_.size == sizeof(std::uint64_t)) {
    std::memcpy(to, from, sizeof(std::uint64_t));
  } else if (type_.size != 0) {
    std::memcpy(to, from, type_.size);
  }
}

void ChanCore::Put(void* value) {
  const std::size_t count = Count();
  std::size_t tail = head_ + count;
  if (tail >= capacity_) tail -= capacity_;
  MoveElement(Slot(tail), value);
  SetCount(count + 1);
}

void ChanCore::Take(void* place) {
  void* oldest = Slot(head_);
  MoveElement(place, oldest);
  if (type_.destroy != nullptr) {
    const recorder::UnseenAccesses unseen;
    type_.destroy(oldest);
  }
  if (++head_ == capacity_) head_ = 0;
  SetCount(Count() - 1);
}

// --- Under the lock ------------------------------------------------------------

bool ChanCore::HasWaiter(WaiterQueue& queue) {
  while (Waiter* first = queue.front()) {
    // A select that another channel has completed already leaves its other waiters behind.
    if (first->claimed == nullptr || first->claimed->load(std::memory_order_acquire) == 0) {
      return true;
    }
    queue.PopFront();
  }
  return false;
}

ChanCore::Outcome ChanCore::TrySend(void* value, const ChanCall& call) {
  if (IsClosed()) return {Attempt::kClosed};
  if (Waiter* receiver = receivers_.PopFrontClaimed()) {
    MoveElement(receiver->value, value);
    receiver->result = kChanDone;
    Record(call, EventType::kChanSend);
    RecordFor(call, EventType::kChanRecv, *receiver);
    return {Attempt::kDone, receiver};
  }
  if (Count() == capacity_) return {Attempt::kBlocked};
  Put(value);
  Record(call, EventType::kChanSend);
  return {Attempt::kDone};
}

ChanCore::Outcome ChanCore::TryRecv(void* place, const ChanCall& call) {
  const bool from_ring = Count() > 0;
  if (from_ring) {
    Take(place);
    Record(call, EventType::kChanRecv);
  }
  if (Waiter* sender = senders_.PopFrontClaimed()) {
    if (from_ring) {
      Put(sender->value);
    } else {
      MoveElement(place, sender->value);
    }
    sender->result = kChanDone;
    RecordFor(call, EventType::kChanSend, *sender);
    if (!from_ring) Record(call, EventType::kChanRecv);
    return {Attempt::kDone, sender};
  }
  if (from_ring) return {Attempt::kDone};
  if (!IsClosed()) return {Attempt::kBlocked};
  RecordClosedSeen(call);
  return {Attempt::kClosed};
}

Waiter* ChanCore::CloseLocked(const ChanCall& call) {
  closed_.store(true, std::memory_order_release);
  Record(call, EventType::kChanClose);
  Waiter* woken = nullptr;
  const auto take_all = [&](WaiterQueue& queue, bool receivers) {
    while (Waiter* waiter = queue.PopFrontClaimed()) {
      waiter->result = kChanClosed;
      if (receivers) RecordFor(call, EventType::kChanRecvClosed, *waiter);
      waiter->next = woken;
      woken = waiter;
    }
  };
  take_all(senders_, false);
  take_all(receivers_, true);
  return woken;
}

// --- The operations of a handle ------------------------------------------------

void ChanCore::Park(WaiterQueue& queue, ChanWaiter& self, const ChanCall& call, EventType request) {
  Pin();
  self.to = &queue == &senders_ ? "send to a channel" : "receive from a channel";
  self.on = origin_.name();
  queue.PushBack(self);
  RecordRequest(call, request);
  try {
    internal::Park(self, &lock_);
  } catch (...) {
    lock_.Lock();
    queue.Remove(self);
    lock_.Unlock();
    RecordWaitEnd(call.site, trace::WaitEndReason::kCancelled);
    Unref(kPin);
    throw;
  }
}

void ChanCore::Send(ChanCore* core, void* value, const std::source_location& where) {
  schedule::Point(schedule::Op::kSend, core);
  if (core == nullptr) [[unlikely]]
    BlockOnNil(EventType::kChanSendRequest, where);
  const ChanCall call = core->Call(where);
  core->lock_.Lock();
  const Outcome outcome = core->TrySend(value, call);
  if (outcome.attempt != Attempt::kBlocked) {
    core->lock_.Unlock();
    if (outcome.attempt == Attempt::kClosed) [[unlikely]]
      core->PanicSendClosed(call, 0, where);
    if (outcome.partner != nullptr) Wake(*outcome.partner);
    return;
  }
  ChanWaiter self(CurrentTask(), value, call);
  self.at = where;
  core->Park(core->senders_, self, call, EventType::kChanSendRequest);
  if (self.result == kChanClosed) [[unlikely]] {
    core->RecordWaitEnd(call.site, trace::WaitEndReason::kGaveUp);
    core->PanicSendClosed(call, kPin, where);
  }
  core->Unref(kPin);
}

bool ChanCore::Recv(ChanCore* core, void* place, const std::source_location& where) {
  schedule::Point(schedule::Op::kRecv, core);
  if (core == nullptr) [[unlikely]]
    BlockOnNil(EventType::kChanRecvRequest, where);
  const ChanCall call = core->Call(where);
  core->lock_.Lock();
  const Outcome outcome = core->TryRecv(place, call);
  if (outcome.attempt != Attempt::kBlocked) {
    core->lock_.Unlock();
    if (outcome.partner != nullptr) Wake(*outcome.partner);
    return outcome.attempt == Attempt::kDone;
  }
  ChanWaiter self(CurrentTask(), place, call);
  self.at = where;
  core->Park(core->receivers_, self, call, EventType::kChanRecvRequest);
  core->Unref(kPin);
  return self.result == kChanDone;
}

bool ChanCore::TryClose(const ChanCall& call) {
  lock_.Lock();
  if (IsClosed()) {
    lock_.Unlock();
    return false;
  }
  Waiter* woken = CloseLocked(call);
  lock_.Unlock();
  while (woken != nullptr) {
    Waiter* next = woken->next;
    Wake(*woken);
    woken = next;
  }
  return true;
}

void ChanCore::Close(ChanCore* core, const std::source_location& where) {
  schedule::Point(schedule::Op::kClose, core);
  if (core == nullptr) {
    RecordNilMisuse(MisuseKind::kCloseNil, where);
    throw Panic("close of nil channel", where);
  }
  const ChanCall call = core->Call(where);
  if (core->TryClose(call)) return;
  core->RecordMisuse(MisuseKind::kCloseClosed, call.site);
  throw Panic("close of closed channel", where);
}

bool ChanCore::Offer(void* value, const std::source_location& where) {
  const ChanCall call = Call(where);
  lock_.Lock();
  const Outcome outcome = TrySend(value, call);
  lock_.Unlock();
  if (outcome.partner != nullptr) Wake(*outcome.partner);
  return outcome.attempt == Attempt::kDone;
}

bool ChanCore::Poll(void* place, const std::source_location& where) {
  const ChanCall call = Call(where);
  lock_.Lock();
  const Outcome outcome = CanRecv() ? TryRecv(place, call) : Outcome{Attempt::kBlocked};
  lock_.Unlock();
  if (outcome.partner != nullptr) Wake(*outcome.partner);
  return outcome.attempt == Attempt::kDone;
}

std::size_t ChanCore::Len(ChanCore* core, const std::source_location& where) {
  schedule::Point(schedule::Op::kLen, core);
  if (core == nullptr) return 0;
  const ChanCall call = core->Call(where);
  core->lock_.Lock();
  const std::size_t length = core->Count();
  core->RecordLen(call);
  core->lock_.Unlock();
  return length;
}

void ChanCore::PanicSendClosed(const ChanCall& call, std::uint64_t drop,
                               const std::source_location& where) {
  RecordMisuse(MisuseKind::kSendClosed, call.site);
  if (drop != 0) Unref(drop);
  throw Panic("send on closed channel", where);
}

void BlockOnNil(EventType request, const std::source_location& where) {
  RecordNilMisuse(MisuseKind::kNilBlock, where);
  RecordNilRequest(request, where);
  for (;;) {
    Waiter self(CurrentTask());
    self.to = "use the nil channel";
    self.at = where;
    try {
      internal::Park(self, nullptr);
    } catch (...) {
      RecordUnwound(trace::ObjectId{0});
      throw;
    }
  }
}

}  // namespace gordian::internal
