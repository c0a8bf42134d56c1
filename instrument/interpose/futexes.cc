// Futexes: where waits end that are made of atomics (std::atomic::wait, std::latch, std::barrier,
// std::counting_semaphore, and locks of other libraries), as they reach the system through the C
// library's syscall().
//
// What such a primitive does without blocking is inlined into the program and not seen: a futex is
// home-made synchronisation whose state and owner are unknown, and whoever can run may wake its
// waiters. A wake-up that finds nobody asleep is none of the trace's business.
//
// Limits  one that processes share, or that inherits priorities, is not followed.
// Cost    beside the system call, little; where it is not said that a futex is private to the
//         process, the first wait on each asks for the mapping that it lies in.
#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <charconv>
#include <cstdarg>
#include <string_view>

#include "instrument/interpose/call_site.h"
#include "instrument/interpose/entry.h"
#include "instrument/interpose/lock_events.h"
#include "instrument/interpose/mappings.h"
#include "instrument/interpose/next.h"

namespace gordian::interpose {
namespace {

constinit Next<long(long, long, long, long, long, long, long)> g_syscall{"syscall"};

// The arguments of a system call, as many as there can be.
struct Arguments {
  long a, b, c, d, e, f;
};

long Pass(long number, const Arguments& with) {
  return g_syscall(number, with.a, with.b, with.c, with.d, with.e, with.f);
}

const void* AddressIn(const Arguments& call) { return reinterpret_cast<const void*>(call.a); }

// Apart from the atomic variable that lies at the same address, and is known by it.
const void* KeyOf(const Arguments& call) { return KeyOf(AddressIn(call), KeySpace::kFutex); }

// Its name in reports: nothing else is known of it.
void NameFutex(Recording& recording, const Object& futex) {
  const trace::ObjectId id = futex.tracked.id.load(std::memory_order_relaxed);
  char text[32] = "futex ";
  const auto end = std::to_chars(text + 6, text + sizeof text, id).ptr;
  recorder::LocalText(recording.log(), trace::EventType::kObjectName, id, 0, {text, end});
}

// Another process may wake who waits on shared memory. Told of, or found out once.
Object* ObjectOf(const Arguments& call) {
  if (Object* object = Find(KeyOf(call))) return object;
  const bool is_private = (call.b & FUTEX_PRIVATE_FLAG) != 0 || IsPrivateMemory(AddressIn(call));
  return is_private ? FindOrMake(KeyOf(call), ObjectKind::kCustom) : nullptr;
}

// From the request until the call returns; a thread that is cancelled here has no other end.
class Sleeping {
 public:
  Sleeping(Caller caller, const Arguments& call) {
    Recording recording;
    if (!recording) return;
    object_ = ObjectOf(call);
    if (object_ == nullptr) return;
    site_ = SiteOf(recording, caller);
    const bool is_new = !recorder::IsRegistered(object_->tracked);
    Enter(recording, *object_, site_);
    if (is_new) NameFutex(recording, *object_);
    const bool timed = call.d != 0;
    Ask(recording, {.type = trace::EventType::kSemRequest,
                    .object = object_,
                    .site = site_,
                    .flags = TimedFlag(timed),
                    .operand = 1});
  }

  void End(long result) {
    if (object_ == nullptr) return;
    const trace::WaitEndReason why = result == 0          ? trace::WaitEndReason::kDone
                                     : errno == ETIMEDOUT ? trace::WaitEndReason::kTimeout
                                                          : trace::WaitEndReason::kGaveUp;
    Recording recording(WaitIsOver::kNow);
    if (!recording) return;
    WaitEnded(recording, *object_, site_, why);
    if (why != trace::WaitEndReason::kDone || !recorder::IsRegistered(object_->tracked)) return;
    recorder::Observed(recording.log(), object_->tracked, trace::EventType::kHbAcquire, site_);
  }

 private:
  Object* object_ = nullptr;
  trace::SiteId site_ = 0;
};

// Before anybody can wake up.
void Waking(Caller caller, const Arguments& call) {
  Recording recording;
  if (!recording) return;
  Object* object = Find(KeyOf(call));
  if (object == nullptr) return;
  Step(recording, *object, trace::EventType::kHbRelease, SiteOf(recording, caller));
}

long Futex(Caller caller, const Arguments& call) {
  switch (call.b & FUTEX_CMD_MASK) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET: {
      Sleeping sleeping(caller, call);
      const long result = Pass(SYS_futex, call);
      sleeping.End(result);
      return result;
    }
    case FUTEX_WAKE:
    case FUTEX_WAKE_BITSET:
    case FUTEX_WAKE_OP:
    case FUTEX_REQUEUE:
    case FUTEX_CMP_REQUEUE:
      Waking(caller, call);
      [[fallthrough]];
    default:
      return Pass(SYS_futex, call);
  }
}

}  // namespace
}  // namespace gordian::interpose

using namespace gordian::interpose;

extern "C" {

// Reading more arguments than there are reads registers and a word of the caller's frame.
GORDIAN_ENTRY long syscall(long number, ...) noexcept {
  va_list list;
  va_start(list, number);
  Arguments call{};
  for (long* argument : {&call.a, &call.b, &call.c, &call.d, &call.e, &call.f}) {
    *argument = va_arg(list, long);
  }
  va_end(list);
  if (number == SYS_futex && FollowsThreads()) return Futex(GORDIAN_CALLER(), call);
  return Pass(number, call);
}

}  // extern "C"
