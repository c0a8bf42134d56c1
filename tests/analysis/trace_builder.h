// Traces written as stories: each call is one event, in the order of the calls.
//
//   TraceBuilder t;
//   ObjectId a = t.Mutex("A"), b = t.Mutex("B");
//   TaskTrace x = t.Task("x"), y = t.Task("y");   // spawned by main
//   x.Lock(a);
//   y.Lock(b);
//   x.At(18).WantsLock(b);                        // blocks: a request, no grant
//   y.At(19).WantsLock(a);
//   … = Play<Deadlock>(t);                        // play.h
//
// The builder numbers tasks, objects and versions as a recorder would, gives each event a
// site of its own unless At() names one, and checks nothing: a trace may also be wrong
// on purpose. Every task runs on a stream of its own.
#ifndef GORDIAN_TESTS_ANALYSIS_TRACE_BUILDER_H_
#define GORDIAN_TESTS_ANALYSIS_TRACE_BUILDER_H_

#include <cstdint>
#include <deque>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "instrument/trace/event.h"

namespace gordian::testing {

using trace::EventType;
using trace::ObjectId;
using trace::ObjectKind;
using trace::TaskId;

class TraceBuilder;

// A case of a select: `Case::Send(c)`, `Case::Recv(c)`; the nil channel is 0.
struct Case {
  ObjectId channel;
  bool is_send;
  static Case Send(ObjectId channel) { return {channel, true}; }
  static Case Recv(ObjectId channel) { return {channel, false}; }
};

// One task's side of the story: a copyable handle.
class TaskTrace {
 public:
  TaskTrace(TraceBuilder& builder, TaskId id) : t_(&builder), id_(id) {}
  TaskId id() const { return id_; }

  // What the *next* event of this builder is like.
  TaskTrace& At(trace::SiteId site);
  TaskTrace& Timed();  // the wait ends by itself
  TaskTrace& Exact();  // an atomic's value and version are one
  TaskTrace& Try();
  TaskTrace& For(TaskTrace waiter);  // completes the waiter's wait

  TaskTrace Go(std::string_view name, trace::TaskKind kind = trace::TaskKind::kGoroutine);
  TaskTrace& End(trace::TaskEndReason how = trace::TaskEndReason::kReturned);
  TaskTrace& WantsJoin(TaskTrace other);
  TaskTrace& Join(TaskTrace other);
  TaskTrace& Sleep(std::uint64_t ns);
  TaskTrace& WaitEnd(ObjectId object, trace::WaitEndReason why);

  TaskTrace& Lock(ObjectId o) { return On(EventType::kLock, o); }
  TaskTrace& Unlock(ObjectId o) { return On(EventType::kUnlock, o); }
  TaskTrace& WantsLock(ObjectId o) { return On(EventType::kLockRequest, o); }
  TaskTrace& RLock(ObjectId o) { return On(EventType::kRLock, o); }
  TaskTrace& RUnlock(ObjectId o) { return On(EventType::kRUnlock, o); }
  TaskTrace& WantsRLock(ObjectId o) { return On(EventType::kRLockRequest, o); }
  TaskTrace& TryLockFails(ObjectId o, std::uint64_t count = 1) {
    return On(EventType::kTryLockFail, o, {count});
  }

  TaskTrace& CondWait(ObjectId cond, ObjectId lock) {
    return On(EventType::kCondWait, cond, {lock});
  }
  TaskTrace& CondSignal(ObjectId cond, std::uint64_t woken = 0) {
    return On(EventType::kCondSignal, cond, {woken});
  }
  TaskTrace& CondBroadcast(ObjectId cond, std::uint64_t woken = 0) {
    return On(EventType::kCondBroadcast, cond, {woken});
  }
  TaskTrace& CondWake(ObjectId cond) { return On(EventType::kCondWake, cond); }

  TaskTrace& Add(ObjectId group, std::int64_t delta);
  TaskTrace& Done(ObjectId group) { return Add(group, -1); }
  TaskTrace& WantsWait(ObjectId group) { return On(EventType::kWaitGroupRequest, group); }
  TaskTrace& Wait(ObjectId group) { return On(EventType::kWaitGroupWait, group); }

  TaskTrace& OnceBegin(ObjectId once) { return On(EventType::kOnceBegin, once); }
  TaskTrace& OnceEnd(ObjectId once) { return On(EventType::kOnceEnd, once); }
  TaskTrace& WantsOnce(ObjectId once) { return On(EventType::kOnceRequest, once); }
  TaskTrace& OnceSeen(ObjectId once) { return On(EventType::kOnceSeen, once); }

  TaskTrace& Send(ObjectId c) { return On(EventType::kChanSend, c); }
  TaskTrace& Recv(ObjectId c) { return On(EventType::kChanRecv, c); }
  TaskTrace& WantsSend(ObjectId c) { return On(EventType::kChanSendRequest, c); }
  TaskTrace& WantsRecv(ObjectId c) { return On(EventType::kChanRecvRequest, c); }
  TaskTrace& Close(ObjectId c) { return On(EventType::kChanClose, c); }
  TaskTrace& RecvClosed(ObjectId c) { return On(EventType::kChanRecvClosed, c); }
  TaskTrace& Handles(ObjectId c, std::uint64_t count) {
    return On(EventType::kChanHandles, c, {count});
  }
  // An unbuffered exchange where `other` was parked first.
  TaskTrace& SendTo(TaskTrace other, ObjectId c) { return Send(c).For(other).Recv(c); }
  TaskTrace& RecvFrom(TaskTrace other, ObjectId c) { return For(other).Send(c).Recv(c); }
  // The request half of a select that blocks; without one that does not.
  TaskTrace& SelectBlocks(std::initializer_list<Case> cases);
  TaskTrace& Select(std::initializer_list<Case> cases, bool has_default);
  TaskTrace& SelectEnd(std::uint32_t taken);
  TaskTrace& SelectPolls(std::uint32_t more);

  TaskTrace& SemAcquire(ObjectId o, std::uint64_t n = 1) {
    return On(EventType::kSemAcquire, o, {n});
  }
  TaskTrace& SemRelease(ObjectId o, std::uint64_t n = 1) {
    return On(EventType::kSemRelease, o, {n});
  }
  TaskTrace& WantsSem(ObjectId o, std::uint64_t n = 1) {
    return On(EventType::kSemRequest, o, {n});
  }

  TaskTrace& Load(ObjectId o, int order = 5) { return Atomic(EventType::kAtomicLoad, o, order); }
  TaskTrace& Store(ObjectId o, int order = 5) { return Atomic(EventType::kAtomicStore, o, order); }
  TaskTrace& Rmw(ObjectId o, int order = 5) { return Atomic(EventType::kAtomicRmw, o, order); }
  TaskTrace& Read(ObjectId o) { return On(EventType::kRead, o); }
  TaskTrace& Write(ObjectId o) { return On(EventType::kWrite, o); }

  // Memory by address; a range is `count` elements of `bytes`, each `stride` behind the one before.
  TaskTrace& MemRead(std::uint64_t address, std::uint32_t bytes) {
    return Memory(EventType::kMemRead, bytes, {address});
  }
  TaskTrace& MemWrite(std::uint64_t address, std::uint32_t bytes) {
    return Memory(EventType::kMemWrite, bytes, {address});
  }
  TaskTrace& MemReadRange(std::uint64_t address, std::uint32_t bytes, std::uint64_t stride,
                          std::uint64_t count) {
    return Memory(EventType::kMemReadRange, bytes, {address, stride, count});
  }
  TaskTrace& MemWriteRange(std::uint64_t address, std::uint32_t bytes, std::uint64_t stride,
                           std::uint64_t count) {
    return Memory(EventType::kMemWriteRange, bytes, {address, stride, count});
  }
  TaskTrace& Alloc(ObjectId region, std::uint64_t address, std::uint64_t bytes) {
    return On(EventType::kHeapAlloc, region, {address, bytes});
  }
  TaskTrace& Free(ObjectId region, std::uint64_t address, std::uint64_t bytes = 0) {
    return On(EventType::kHeapFree, region, {address, bytes});
  }
  TaskTrace& StackBegin(ObjectId region, std::uint64_t address, std::uint64_t bytes) {
    return On(EventType::kStackBegin, region, {address, bytes});
  }
  TaskTrace& StackEnd(ObjectId region, std::uint64_t address, std::uint64_t bytes) {
    return On(EventType::kStackEnd, region, {address, bytes});
  }
  TaskTrace& LiesAt(ObjectId object, std::uint64_t address, std::uint64_t bytes) {
    return On(EventType::kObjectAt, object, {address, bytes});
  }

  // Any event about an object: what has no word of its own above.
  TaskTrace& On(EventType type, ObjectId object, std::initializer_list<std::uint64_t> args = {});

 private:
  TaskTrace& Memory(EventType type, std::uint32_t bytes, std::initializer_list<std::uint64_t> args);
  TaskTrace& Atomic(EventType type, ObjectId o, int order) {
    return On(type, o, {static_cast<std::uint64_t>(order)});
  }
  TraceBuilder* t_;
  TaskId id_;
};

class TraceBuilder {
 public:
  TraceBuilder();  // the trace begins with main, task 1, running
  TraceBuilder(const TraceBuilder&) = delete;
  TraceBuilder& operator=(const TraceBuilder&) = delete;

  TaskTrace Main() { return TaskTrace(*this, 1); }
  TaskTrace Task(std::string_view name) { return Main().Go(name); }
  TaskTrace Thread(std::string_view name) { return Main().Go(name, trace::TaskKind::kThread); }

  ObjectId Object(ObjectKind kind, std::string_view name, std::uint64_t detail = 0);
  ObjectId Mutex(std::string_view name) { return Object(ObjectKind::kMutex, name); }
  ObjectId RWMutex(std::string_view name) { return Object(ObjectKind::kRWMutex, name); }
  ObjectId Cond(std::string_view name) { return Object(ObjectKind::kCond, name); }
  ObjectId WaitGroup(std::string_view name) { return Object(ObjectKind::kWaitGroup, name); }
  ObjectId Once(std::string_view name) { return Object(ObjectKind::kOnce, name); }
  ObjectId Chan(std::string_view name, std::uint64_t capacity = 0) {
    return Object(ObjectKind::kChan, name, capacity);
  }
  ObjectId Atomic(std::string_view name) { return Object(ObjectKind::kAtomic, name); }
  ObjectId Variable(std::string_view name) { return Object(ObjectKind::kVariable, name, 8); }

  void TestBegin(std::uint32_t id, std::string_view name);
  void TestEnd(std::uint32_t id);
  void ProcessEnd(trace::ProcessEndReason how = trace::ProcessEndReason::kMainReturned);
  void Advance(std::uint64_t ns) { now_ += ns; }  // later events happen later

  const std::vector<trace::Event>& events() const { return events_; }

  // Appends an event of `task`: fills in order, version, time, site and what At() and
  // the others said. `text` is copied.
  void Append(TaskId task, EventType type, std::uint32_t subject,
              std::initializer_list<std::uint64_t> args = {}, std::string_view text = {});

 private:
  friend class TaskTrace;
  struct ObjectState {
    trace::Version version = 0;
    std::int64_t value = 0;  // of a WaitGroup
  };

  std::vector<trace::Event> events_;
  std::deque<std::string> texts_;        // what the events' text points into
  std::vector<ObjectState> objects_{1};  // by id
  std::uint64_t now_ = 1'000'000;
  TaskId tasks_ = 1;
  trace::SiteId sites_ = 1'000;  // given out by itself; At() takes smaller ones

  // Of the next event.
  trace::SiteId next_site_ = 0;
  std::uint16_t next_flags_ = 0;
  TaskId next_for_ = 0;
};

}  // namespace gordian::testing

#endif  // GORDIAN_TESTS_ANALYSIS_TRACE_BUILDER_H_
