// The entry points of things done once: pthread_once, which std::call_once is made of, C11's
// call_once, and the compilers' guards of function-local statics.
//
// Who runs the function is seen from inside: it is called through one of ours. A function that
// throws has not been run; the next attempt is another object.
#include "instrument/interpose/once.h"

#include <pthread.h>
#include <threads.h>

#include <atomic>

#include "instrument/interpose/call_site.h"
#include "instrument/interpose/entry.h"
#include "instrument/interpose/lock_events.h"
#include "instrument/interpose/next.h"

namespace gordian::interpose {
namespace {

constinit Next<int(pthread_once_t*, void (*)())> g_once{"pthread_once"};

// In the control word; see the C library's internal header.
constexpr int kInProgress = 1;
constexpr int kDone = 2;

int StateOf(const pthread_once_t* control) {
  return reinterpret_cast<const std::atomic<int>*>(control)->load(std::memory_order_acquire);
}

// One call of pthread_once, for the function that runs inside of it.
struct Call {
  pthread_once_t* control;
  void (*routine)();
  trace::SiteId site;
  bool ran = false;
  Call* outer = nullptr;
};
[[gnu::tls_model("initial-exec")]] constinit thread_local Call* t_call = nullptr;

void Run() {
  Call& call = *t_call;
  call.ran = true;
  OnceRun run(call.control, call.site);
  call.routine();
  run.Succeed();
}

// The innermost call of this thread, also where the routine throws.
class CallGuard {
 public:
  explicit CallGuard(Call& call) {
    call.outer = t_call;
    t_call = &call;
  }
  ~CallGuard() { t_call = t_call->outer; }
};

int Once(Caller caller, pthread_once_t* control, void (*routine)()) {
  if (!recorder::On()) return g_once(control, routine);
  Call call{control, routine, 0};
  const int state = StateOf(control);
  if ((state & kDone) != 0) {
    OnceSeen(caller, control);
    return g_once(control, routine);
  }
  call.site = OnceAsked(caller, control, (state & kInProgress) != 0);
  CallGuard guard(call);
  const int error = g_once(control, Run);
  if (!call.ran) OnceSeen(caller, control);
  return error;
}

}  // namespace

OnceRun::OnceRun(const void* control, trace::SiteId site) : control_(control), site_(site) {
  Recording recording(WaitIsOver::kNow);
  if (!recording) return;
  Object* object = FindOrMake(control, ObjectKind::kOnce);
  if (object == nullptr) return;
  // Done before: it is another one, at the same address.
  if (recorder::IsRegistered(object->tracked) && object->count.load() != 0) {
    object = MakeAnew(control, ObjectKind::kOnce);
  }
  Step(recording, *object, trace::EventType::kOnceBegin, site_);
  begun_ = true;
}

OnceRun::~OnceRun() {
  if (!begun_) return;
  Recording recording;
  if (!recording) return;
  if (Object* object = Find(control_)) EndObject(*object, site_);
}

void OnceRun::Succeed() {
  if (!begun_) return;
  begun_ = false;
  Recording recording;
  Object* object = recording ? Find(control_) : nullptr;
  if (object == nullptr) return;
  Step(recording, *object, trace::EventType::kOnceEnd, site_);
  object->count.store(1, std::memory_order_relaxed);
}

trace::SiteId OnceAsked(Caller caller, const void* control, bool in_progress) {
  Recording recording;
  if (!recording) return 0;
  const trace::SiteId site = SiteOf(recording, caller);
  if (!in_progress) return site;
  if (Object* object = FindOrMake(control, ObjectKind::kOnce)) {
    Enter(recording, *object, site);
    Ask(recording, {.type = trace::EventType::kOnceRequest, .object = object, .site = site});
  }
  return site;
}

// A thread's first sight of it orders everything that follows: the rest are not written.
void OnceSeen(Caller caller, const void* control) {
  Recording recording(WaitIsOver::kNow);
  if (!recording) return;
  const Object* object = Find(control);
  if (object == nullptr || !recorder::IsRegistered(object->tracked)) return;
  const trace::ObjectId id = object->tracked.id.load(std::memory_order_relaxed);
  // A host's thread has many tasks.
  if (!recording.thread().once_seen.Add(id) && !recorder::IsGuest()) return;
  recorder::Observed(recording.log(), object->tracked, trace::EventType::kOnceSeen,
                     SiteOf(recording, caller));
}

}  // namespace gordian::interpose

using namespace gordian::interpose;

extern "C" {

GORDIAN_ENTRY int pthread_once(pthread_once_t* control, void (*routine)()) {
  return Once(GORDIAN_CALLER(), control, routine);
}

GORDIAN_ENTRY int __pthread_once(pthread_once_t* control, void (*routine)()) {
  return Once(GORDIAN_CALLER(), control, routine);
}

GORDIAN_ENTRY void call_once(once_flag* flag, void (*function)()) {
  Once(GORDIAN_CALLER(), reinterpret_cast<pthread_once_t*>(flag), function);
}

}  // extern "C"
