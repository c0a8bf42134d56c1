// The entry points of semaphores. One that processes share may be released by any of them: its
// waits are none that we know.
#include <errno.h>
#include <semaphore.h>
#include <time.h>

#include "instrument/interpose/call_site.h"
#include "instrument/interpose/entry.h"
#include "instrument/interpose/function_ref.h"
#include "instrument/interpose/lock_events.h"
#include "instrument/interpose/next.h"

namespace gordian::interpose {
namespace {

constinit Next<int(sem_t*, int, unsigned)> g_init{"sem_init"};
constinit Next<int(sem_t*)> g_destroy{"sem_destroy"};
constinit Next<int(sem_t*)> g_wait{"sem_wait"};
constinit Next<int(sem_t*)> g_trywait{"sem_trywait"};
constinit Next<int(sem_t*, const timespec*)> g_timedwait{"sem_timedwait"};
constinit Next<int(sem_t*, clockid_t, const timespec*)> g_clockwait{"sem_clockwait"};
constinit Next<int(sem_t*)> g_post{"sem_post"};

// The C library's own view: the value with the number of waiters, then whether processes share it.
bool IsShared(const sem_t* semaphore) { return reinterpret_cast<const int*>(semaphore)[2] != 0; }

// `taken`: permits that the caller has taken already, where it was not known before.
Object* ObjectOf(sem_t* semaphore, unsigned taken) {
  if (IsShared(semaphore)) return FindOrMake(semaphore, ObjectKind::kCustom);
  Object* object = FindOrMake(semaphore, ObjectKind::kSemaphore);
  if (object != nullptr && !recorder::IsRegistered(object->tracked)) {
    int value = 0;
    sem_getvalue(semaphore, &value);
    object->detail = static_cast<unsigned>(value) + taken;
  }
  return object;
}

void RecordAcquired(Recording& recording, Caller caller, sem_t* semaphore, std::uint16_t flags) {
  Object* object = recording ? ObjectOf(semaphore, 1) : nullptr;
  if (object == nullptr) return;
  Step(recording, *object, trace::EventType::kSemAcquire, SiteOf(recording, caller),
       {.flags = flags, .operands = {1}});
}

// Before the permit can be taken.
void RecordReleased(Recording& recording, sem_t* semaphore, trace::SiteId site) {
  if (Object* object = ObjectOf(semaphore, 0)) {
    Step(recording, *object, trace::EventType::kSemRelease, site, {.operands = {1}});
  }
}

// What a handler posts in the middle of a hook would be acquired without having been released:
// it waits for the end of the hook, of which nobody can tell. Where it was called is not known
// then.
bool PutOffPost(sem_t* semaphore) {
  if (!recorder::On()) return false;
  ThreadState& thread = t_thread;
  if (!thread.busy || thread.ended) return false;
  const auto post = [](void* data) {
    auto* put_off = static_cast<sem_t*>(data);
    if (Recording recording; recording) RecordReleased(recording, put_off, 0);
    g_post(put_off);
  };
  return thread.put_off.Add(post, semaphore);
}

// From the request to the permit, or whatever else ends the wait: a signal, a cancellation.
class Waiting {
 public:
  Waiting(Caller caller, sem_t* semaphore, bool timed) : caller_(caller), semaphore_(semaphore) {
    Recording recording;
    if (!recording || IsShared(semaphore)) return;
    Object* object = ObjectOf(semaphore, 0);
    if (object == nullptr) return;
    const trace::SiteId site = SiteOf(recording, caller);
    Enter(recording, *object, site);
    Ask(recording, {.type = trace::EventType::kSemRequest,
                    .object = object,
                    .site = site,
                    .flags = TimedFlag(timed),
                    .operand = 1});
    object_ = object;
  }
  ~Waiting() { GiveUp(trace::WaitEndReason::kCancelled); }

  void Succeed() {
    object_ = nullptr;
    Recording recording(WaitIsOver::kNow);
    RecordAcquired(recording, caller_, semaphore_, 0);
  }
  void GiveUp(trace::WaitEndReason why) {
    if (object_ == nullptr) return;
    if (Recording recording(WaitIsOver::kNow); recording) {
      WaitEnded(recording, *object_, SiteOf(recording, caller_), why);
    }
    object_ = nullptr;
  }

 private:
  const Caller caller_;
  sem_t* const semaphore_;
  Object* object_ = nullptr;  // that a request stands for
};

// By a try first, so that a request is written only where it blocks.
int Wait(Caller caller, sem_t* semaphore, bool timed, FunctionRef<int()> block) {
  if (!recorder::On()) return block();
  const int before = errno;
  if (g_trywait(semaphore) == 0) {
    Recording recording;
    RecordAcquired(recording, caller, semaphore, 0);
    return 0;
  }
  errno = before;
  Waiting waiting(caller, semaphore, timed);
  const int result = block();
  if (result == 0) {
    waiting.Succeed();
  } else {
    waiting.GiveUp(errno == ETIMEDOUT ? trace::WaitEndReason::kTimeout
                                      : trace::WaitEndReason::kGaveUp);
  }
  return result;
}

}  // namespace
}  // namespace gordian::interpose

using namespace gordian::interpose;

extern "C" {

GORDIAN_ENTRY int sem_init(sem_t* semaphore, int shared, unsigned value) noexcept {
  const int result = g_init(semaphore, shared, value);
  if (result != 0 || shared != 0) return result;
  if (Recording recording; recording) MakeAnew(semaphore, ObjectKind::kSemaphore);
  return result;
}

GORDIAN_ENTRY int sem_destroy(sem_t* semaphore) noexcept {
  if (Recording recording; recording) {
    if (Object* object = Find(semaphore)) {
      EndObject(*object, SiteOf(recording, GORDIAN_CALLER()));
    }
  }
  return g_destroy(semaphore);
}

GORDIAN_ENTRY int sem_wait(sem_t* semaphore) {
  return Wait(GORDIAN_CALLER(), semaphore, /*timed=*/false, [=] { return g_wait(semaphore); });
}

GORDIAN_ENTRY int sem_timedwait(sem_t* semaphore, const timespec* deadline) {
  return Wait(GORDIAN_CALLER(), semaphore, /*timed=*/true,
              [=] { return g_timedwait(semaphore, deadline); });
}

GORDIAN_ENTRY int sem_clockwait(sem_t* semaphore, clockid_t clock, const timespec* deadline) {
  return Wait(GORDIAN_CALLER(), semaphore, /*timed=*/true,
              [=] { return g_clockwait(semaphore, clock, deadline); });
}

GORDIAN_ENTRY int sem_trywait(sem_t* semaphore) noexcept {
  const int result = g_trywait(semaphore);
  if (result != 0) return result;
  Recording recording;
  RecordAcquired(recording, GORDIAN_CALLER(), semaphore, gordian::trace::kFlagTry);
  return result;
}

GORDIAN_ENTRY int sem_post(sem_t* semaphore) noexcept {
  if (Recording recording; recording) {
    RecordReleased(recording, semaphore, SiteOf(recording, GORDIAN_CALLER()));
  } else if (PutOffPost(semaphore)) {
    return 0;
  }
  return g_post(semaphore);
}

}  // extern "C"
