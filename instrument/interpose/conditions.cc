// The entry points of condition variables. Only their mutex orders: which signal woke which waiter
// is not known, and a waiter may wake without one.
//
// They have two generations in the C library; everything since 2003 uses the second.
#include <errno.h>
#include <pthread.h>
#include <threads.h>
#include <time.h>

#include "instrument/interpose/c11.h"
#include "instrument/interpose/call_site.h"
#include "instrument/interpose/entry.h"
#include "instrument/interpose/function_ref.h"
#include "instrument/interpose/lock_events.h"
#include "instrument/interpose/mutex.h"
#include "instrument/interpose/next.h"

namespace gordian::interpose {
namespace {

using Condition = pthread_cond_t;

constexpr char kVersion[] = "GLIBC_2.3.2";

constinit Next<int(Condition*, const pthread_condattr_t*)> g_init{"pthread_cond_init", kVersion};
constinit Next<int(Condition*)> g_destroy{"pthread_cond_destroy", kVersion};
constinit Next<int(Condition*)> g_signal{"pthread_cond_signal", kVersion};
constinit Next<int(Condition*)> g_broadcast{"pthread_cond_broadcast", kVersion};
constinit Next<int(Condition*, pthread_mutex_t*)> g_wait{"pthread_cond_wait", kVersion};
constinit Next<int(Condition*, pthread_mutex_t*, const timespec*)> g_timedwait{
    "pthread_cond_timedwait", kVersion};
constinit Next<int(Condition*, pthread_mutex_t*, clockid_t, const timespec*)> g_clockwait{
    "pthread_cond_clockwait"};

// In __wrefs: the waiters of several processes share it.
constexpr unsigned kProcessShared = 1;

bool IsShared(const Condition* condition) {
  return (condition->__data.__wrefs & kProcessShared) != 0;
}

// From the wait's beginning to its end, also where the waiter is cancelled: it has the
// mutex again then.
class Waiting {
 public:
  Waiting(Caller caller, Condition* condition, pthread_mutex_t* mutex, bool timed) : mutex_(mutex) {
    Recording recording;
    if (!recording) return;
    site_ = SiteOf(recording, caller);
    object_ = IsShared(condition) ? nullptr : FindOrMake(condition, ObjectKind::kCond);
    if (object_ == nullptr) {
      MutexReleasing(recording, mutex, site_);
    } else {
      Begin(recording, timed);
    }
    is_open_ = true;
  }
  ~Waiting() { End(trace::WaitEndReason::kCancelled); }

  void End(trace::WaitEndReason why) {
    if (!is_open_) return;
    is_open_ = false;
    Recording recording(WaitIsOver::kNow);
    if (!recording) return;
    if (object_ != nullptr) WriteEnd(recording, why);
    MutexReacquired(recording, mutex_, site_);
  }

 private:
  // Whoever was woken may find the condition destroyed: it is waited for by its name as it was.
  void WriteEnd(Recording& recording, trace::WaitEndReason why) {
    if (object_->tracked.id.load(std::memory_order_relaxed) == id_) {
      object_->count.fetch_sub(1, std::memory_order_relaxed);
    }
    recorder::Local(recording.log(), trace::EventType::kWaitEnd, id_, site_,
                    {.operands = {static_cast<std::uint64_t>(why)}});
  }

  void Begin(Recording& recording, bool timed) {
    Enter(recording, *object_, site_);
    if (!HoldsMutex(recording, mutex_)) {
      Misused(recording, *object_, trace::MisuseKind::kCondWithoutLock, site_);
    }
    object_->count.fetch_add(1, std::memory_order_relaxed);
    id_ = object_->tracked.id.load(std::memory_order_relaxed);
    Ask(recording, {.type = trace::EventType::kCondWait,
                    .object = object_,
                    .site = site_,
                    .flags = TimedFlag(timed),
                    .operand = MutexId(recording, mutex_, site_)});
    MutexReleasing(recording, mutex_, site_);
  }

  pthread_mutex_t* const mutex_;
  Object* object_ = nullptr;
  trace::ObjectId id_ = 0;  // its
  trace::SiteId site_ = 0;
  bool is_open_ = false;
};

int Wait(Caller caller, Condition* condition, pthread_mutex_t* mutex, bool timed,
         FunctionRef<int()> wait) {
  Waiting waiting(caller, condition, mutex, timed);
  const int error = wait();
  waiting.End(error == 0           ? trace::WaitEndReason::kDone
              : error == ETIMEDOUT ? trace::WaitEndReason::kTimeout
                                   : trace::WaitEndReason::kGaveUp);
  return error;
}

void Wake(Caller caller, Condition* condition, trace::EventType type) {
  Recording recording;
  if (!recording || IsShared(condition)) return;
  Object* object = FindOrMake(condition, ObjectKind::kCond);
  if (object == nullptr) return;
  const trace::SiteId site = SiteOf(recording, caller);
  Enter(recording, *object, site);
  const std::uint64_t waiters = object->count.load(std::memory_order_relaxed);
  const bool one = type == trace::EventType::kCondSignal && waiters > 1;
  Step(recording, *object, type, site, {.operands = {one ? 1 : waiters}});
}

int Signal(Caller caller, Condition* condition) {
  Wake(caller, condition, trace::EventType::kCondSignal);
  return g_signal(condition);
}

int Broadcast(Caller caller, Condition* condition) {
  Wake(caller, condition, trace::EventType::kCondBroadcast);
  return g_broadcast(condition);
}

int TimedWait(Caller caller, Condition* condition, pthread_mutex_t* mutex,
              const timespec* deadline) {
  return Wait(caller, condition, mutex, /*timed=*/true,
              [=] { return g_timedwait(condition, mutex, deadline); });
}

int PlainWait(Caller caller, Condition* condition, pthread_mutex_t* mutex) {
  return Wait(caller, condition, mutex, /*timed=*/false, [=] { return g_wait(condition, mutex); });
}

void Begin(Condition* condition) {
  if (Recording recording; recording) MakeAnew(condition, ObjectKind::kCond);
}

// Destruction waits until those who were woken have left, and for ever for one who was not.
void WaitsForWaiters(Caller caller, Condition* condition) {
  Recording recording;
  Object* object = recording ? Find(condition) : nullptr;
  if (object == nullptr || !recorder::IsRegistered(object->tracked)) return;
  if (object->count.load(std::memory_order_relaxed) == 0) return;
  Ask(recording,
      {.type = trace::EventType::kCondWait, .object = object, .site = SiteOf(recording, caller)});
}

int Destroy(Caller caller, Condition* condition) {
  WaitsForWaiters(caller, condition);
  const bool waited = t_thread.waits;
  const int error = g_destroy(condition);
  if (Recording recording(WaitIsOver::kNow); recording) {
    if (Object* object = Find(condition); object != nullptr && waited) {
      WaitEnded(recording, *object, 0, trace::WaitEndReason::kDone);
    }
    if (Object* object = Find(condition)) {
      EndObject(*object, SiteOf(recording, caller));
    }
  }
  return error;
}

Condition* Posix(cnd_t* condition) { return reinterpret_cast<Condition*>(condition); }
pthread_mutex_t* Posix(mtx_t* mutex) { return reinterpret_cast<pthread_mutex_t*>(mutex); }
static_assert(sizeof(cnd_t) == sizeof(Condition));

}  // namespace
}  // namespace gordian::interpose

using namespace gordian::interpose;

extern "C" {

GORDIAN_ENTRY int pthread_cond_init(pthread_cond_t* condition,
                                    const pthread_condattr_t* attributes) noexcept {
  const int error = g_init(condition, attributes);
  if (error == 0) Begin(condition);
  return error;
}

GORDIAN_ENTRY int pthread_cond_destroy(pthread_cond_t* condition) noexcept {
  return Destroy(GORDIAN_CALLER(), condition);
}

GORDIAN_ENTRY int pthread_cond_wait(pthread_cond_t* condition, pthread_mutex_t* mutex) {
  return PlainWait(GORDIAN_CALLER(), condition, mutex);
}

GORDIAN_ENTRY int pthread_cond_timedwait(pthread_cond_t* condition, pthread_mutex_t* mutex,
                                         const timespec* deadline) {
  return TimedWait(GORDIAN_CALLER(), condition, mutex, deadline);
}

GORDIAN_ENTRY int pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* mutex,
                                         clockid_t clock, const timespec* deadline) {
  return Wait(GORDIAN_CALLER(), condition, mutex, /*timed=*/true,
              [=] { return g_clockwait(condition, mutex, clock, deadline); });
}

GORDIAN_ENTRY int pthread_cond_signal(pthread_cond_t* condition) noexcept {
  return Signal(GORDIAN_CALLER(), condition);
}

GORDIAN_ENTRY int pthread_cond_broadcast(pthread_cond_t* condition) noexcept {
  return Broadcast(GORDIAN_CALLER(), condition);
}

GORDIAN_ENTRY int cnd_init(cnd_t* condition) {
  return C11Result(pthread_cond_init(Posix(condition), nullptr));
}

GORDIAN_ENTRY void cnd_destroy(cnd_t* condition) { Destroy(GORDIAN_CALLER(), Posix(condition)); }

GORDIAN_ENTRY int cnd_wait(cnd_t* condition, mtx_t* mutex) {
  return C11Result(PlainWait(GORDIAN_CALLER(), Posix(condition), Posix(mutex)));
}

GORDIAN_ENTRY int cnd_timedwait(cnd_t* condition, mtx_t* mutex, const timespec* deadline) {
  return C11Result(TimedWait(GORDIAN_CALLER(), Posix(condition), Posix(mutex), deadline));
}

GORDIAN_ENTRY int cnd_signal(cnd_t* condition) {
  return C11Result(Signal(GORDIAN_CALLER(), Posix(condition)));
}

GORDIAN_ENTRY int cnd_broadcast(cnd_t* condition) {
  return C11Result(Broadcast(GORDIAN_CALLER(), Posix(condition)));
}

}  // extern "C"
