// The entry points of barriers.
#include <pthread.h>

#include "instrument/interpose/call_site.h"
#include "instrument/interpose/entry.h"
#include "instrument/interpose/lock_events.h"
#include "instrument/interpose/next.h"

namespace gordian::interpose {
namespace {

using Barrier = pthread_barrier_t;

constinit Next<int(Barrier*, const pthread_barrierattr_t*, unsigned)> g_init{
    "pthread_barrier_init"};
constinit Next<int(Barrier*)> g_destroy{"pthread_barrier_destroy"};
constinit Next<int(Barrier*)> g_wait{"pthread_barrier_wait"};

bool IsShared(const pthread_barrierattr_t* attributes) {
  int shared = PTHREAD_PROCESS_PRIVATE;
  if (attributes != nullptr) pthread_barrierattr_getpshared(attributes, &shared);
  return shared == PTHREAD_PROCESS_SHARED;
}

// One that processes share is not followed: others may arrive.
Object* ObjectOf(Barrier* barrier) {
  Object* object = Find(barrier);
  return object != nullptr && object->kind == ObjectKind::kBarrier ? object : nullptr;
}

// The last to arrive does not block: its request is over at once.
int Wait(Caller caller, Barrier* barrier) {
  Object* object = nullptr;
  trace::SiteId site = 0;
  if (Recording recording; recording) {
    object = ObjectOf(barrier);
    if (object != nullptr) {
      site = SiteOf(recording, caller);
      Step(recording, *object, trace::EventType::kBarrierArrive, site);
      Ask(recording, {.type = trace::EventType::kBarrierRequest, .object = object, .site = site});
    }
  }
  const int result = g_wait(barrier);
  // Whoever leaves first may destroy it.
  if (Recording recording(WaitIsOver::kNow);
      recording && object != nullptr && ObjectOf(barrier) == object) {
    Step(recording, *object, trace::EventType::kBarrierDepart, site);
  }
  return result;
}

}  // namespace
}  // namespace gordian::interpose

using namespace gordian::interpose;

extern "C" {

GORDIAN_ENTRY int pthread_barrier_init(pthread_barrier_t* barrier,
                                       const pthread_barrierattr_t* attributes,
                                       unsigned count) noexcept {
  const int error = g_init(barrier, attributes, count);
  if (error != 0 || IsShared(attributes)) return error;
  if (Recording recording; recording) MakeAnew(barrier, ObjectKind::kBarrier);
  return 0;
}

GORDIAN_ENTRY int pthread_barrier_destroy(pthread_barrier_t* barrier) noexcept {
  const int error = g_destroy(barrier);
  if (Recording recording; recording) {
    if (Object* object = ObjectOf(barrier)) {
      EndObject(*object, SiteOf(recording, GORDIAN_CALLER()));
    }
  }
  return error;
}

GORDIAN_ENTRY int pthread_barrier_wait(pthread_barrier_t* barrier) noexcept {
  return Wait(GORDIAN_CALLER(), barrier);
}

}  // extern "C"
