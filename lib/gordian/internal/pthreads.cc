// Following plain threads: pthread_create, join, detach and exit.
//
// The program's own definitions of these functions, which std::thread uses too, come before the C
// library's: they record and count, and forward to the next definition, which is a
// sanitizer's where there is one.
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <unwind.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "gordian/internal/control.h"
#include "gordian/internal/exiting.h"
#include "gordian/internal/forked.h"
#include "gordian/internal/instrumented.h"
#include "gordian/internal/record.h"
#include "gordian/internal/scheduler.h"
#include "gordian/internal/threads.h"

// Sanitizers export their versions under these names.
extern "C" {
[[gnu::weak]] int __interceptor_pthread_create(pthread_t*, const pthread_attr_t*, void* (*)(void*),
                                               void*);
[[gnu::weak]] int __interceptor_pthread_join(pthread_t, void**);
[[gnu::weak]] int __interceptor_pthread_detach(pthread_t);
[[gnu::weak]] int __interceptor_pthread_tryjoin_np(pthread_t, void**);
[[gnu::weak]] int __interceptor_pthread_timedjoin_np(pthread_t, void**, const timespec*);
[[gnu::weak]] int __interceptor_pthread_clockjoin_np(pthread_t, void**, clockid_t, const timespec*);
}

namespace gordian::internal {
namespace {

template <typename Function>
Function* Next(const char* name, Function* interceptor) {
  if (interceptor != nullptr) return interceptor;
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

std::atomic<bool> g_has_internal_threads{false};
constinit thread_local bool t_is_internal = false;

struct InternalStart {
  void* (*function)(void*);
  void* argument;
};

void* RunInternalThread(void* data) {
  t_is_internal = true;
  const InternalStart start = *static_cast<InternalStart*>(data);
  delete static_cast<InternalStart*>(data);
  return start.function(start.argument);
}

// The threads that can still be joined.
struct Joinable {
  std::mutex mutex;
  std::unordered_map<pthread_t, Task*> tasks;
};

Joinable& TheJoinable() {
  static auto* joinable = new Joinable;
  return *joinable;
}

Task* FindJoinable(pthread_t thread) {
  const recorder::Unseen unseen;
  Joinable& joinable = TheJoinable();
  std::lock_guard lock(joinable.mutex);
  const auto found = joinable.tasks.find(thread);
  return found == joinable.tasks.end() ? nullptr : found->second;
}

// The handle is gone: joined or detached. Returns its task, still valid.
Task* TakeJoinable(pthread_t thread) {
  const recorder::Unseen unseen;
  Joinable& joinable = TheJoinable();
  std::lock_guard lock(joinable.mutex);
  auto node = joinable.tasks.extract(thread);
  return node.empty() ? nullptr : node.mapped();
}

struct Frames {
  std::array<std::uintptr_t, 8> addresses;
  std::size_t count = 0;
  std::size_t skip = 2;  // this file's own
};

_Unwind_Reason_Code AddFrame(_Unwind_Context* context, void* data) {
  auto& frames = *static_cast<Frames*>(data);
  if (frames.skip > 0) {
    --frames.skip;
    return _URC_NO_REASON;
  }
  const std::uintptr_t address = _Unwind_GetIP(context);
  if (address == 0 || frames.count == frames.addresses.size()) return _URC_END_OF_STACK;
  frames.addresses[frames.count++] = address;
  return _URC_NO_REASON;
}

// std::thread's constructor stands between the program and this file, so one address would
// not do.
[[gnu::noinline]] trace::SiteId CallerStack(recorder::ThreadLog& log) {
  Frames frames;
  _Unwind_Backtrace(AddFrame, &frames);
  return log.Stack({frames.addresses.data(), frames.count});
}

struct Start {
  void* (*function)(void*);
  void* argument;
  Task* task;
};

void* RunThread(void* data) {
  const Start start = *static_cast<Start*>(data);
  AdoptThread(*start.task);
  delete static_cast<Start*>(data);
  if (Control() != nullptr) AwaitTurn(*start.task);
  Recording();  // opens the thread's first stretch
  StackBegan(*start.task);
  return start.function(start.argument);
}

bool IsDetached(const pthread_attr_t* attributes) {
  int state = PTHREAD_CREATE_JOINABLE;
  if (attributes != nullptr) pthread_attr_getdetachstate(attributes, &state);
  return state == PTHREAD_CREATE_DETACHED;
}

void RecordSpawn(Task& child, bool detached) {
  recorder::ThreadLog* log = Recording();
  if (log == nullptr) return;
  const trace::SiteId site = CallerStack(*log);
  const auto kind = static_cast<std::uint64_t>(trace::TaskKind::kThread);
  recorder::LocalText(*log, trace::EventType::kTaskSpawn, IdOf(child), site, {},
                      {.operands = {kind}});
  if (detached) recorder::Local(*log, trace::EventType::kTaskDetach, IdOf(child), site);
}

// The thread could not be made.
void TakeBackSpawn(Task& child) {
  if (recorder::ThreadLog* log = Recording()) {
    const auto how = static_cast<std::uint64_t>(trace::TaskEndReason::kExit);
    recorder::Local(*log, trace::EventType::kTaskEnd, IdOf(child), 0,
                    {.for_task = IdOf(child), .operands = {how}});
  }
  ReleaseHandle(child);
  RetireThreadTask(child);
}

int Create(pthread_t* thread, const pthread_attr_t* attributes, void* (*function)(void*),
           void* argument) {
  static auto* const next = Next("pthread_create", &__interceptor_pthread_create);
  const bool detached = IsDetached(attributes);
  Task& child = NewThreadTask(trace::TaskKind::kThread, /*has_handle=*/true);
  RecordSpawn(child, detached);
  const recorder::Unseen unseen;
  auto* start = new Start{function, argument, &child};
  Joinable& joinable = TheJoinable();
  std::unique_lock lock(joinable.mutex);  // the child may be joined only once it is known
  const int error = next(thread, attributes, RunThread, start);
  if (error == 0 && !detached) joinable.tasks[*thread] = &child;
  lock.unlock();
  schedule::Controller* control = Control();
  if (error == 0 && control != nullptr) control->Add(child.turn);
  if (error != 0) {
    delete start;
    TakeBackSpawn(child);
  } else if (detached) {
    ReleaseHandle(child);
  }
  return error;
}

// Joins by `join`, which may block (`timed`: not for ever).
template <typename Join>
int FollowJoin(pthread_t thread, bool may_block, bool timed, Join join) {
  Task* child = FindJoinable(thread);
  if (child == nullptr) return join();
  const bool blocks = may_block && BeginJoin(*child);
  const trace::TaskId id = IdOf(*child);
  recorder::ThreadLog* log = Recording();
  const trace::SiteId site = log != nullptr ? CallerStack(*log) : 0;
  if (blocks && log != nullptr) {
    const std::uint16_t flags = timed ? trace::kFlagTimed : 0;
    recorder::Time(*log);
    recorder::Local(*log, trace::EventType::kTaskJoinRequest, id, site, {.flags = flags});
  }
  // A timed join ends by itself: natively it counts as active.
  const bool sleeps = blocks && (!timed || Control() != nullptr);
  const ExitWaits exit_waits(CurrentTask());
  const bool slept = sleeps && JoinSleeps(*child);
  const int error = join();
  if (sleeps) JoinWakes(*child, slept, error == 0);
  if (error == 0) {
    TakeJoinable(thread);
    ReleaseHandle(*child);
  }
  log = Recording();
  if (log == nullptr) return error;
  if (error == 0) {
    recorder::Local(*log, trace::EventType::kTaskJoin, id, site);
  } else if (blocks) {
    const auto why = static_cast<std::uint64_t>(trace::WaitEndReason::kTimeout);
    recorder::Local(*log, trace::EventType::kWaitEnd, 0, site, {.operands = {why}});
  }
  return error;
}

int Join(pthread_t thread, void** result) {
  static auto* const next = Next("pthread_join", &__interceptor_pthread_join);
  return FollowJoin(thread, true, false, [&] { return next(thread, result); });
}

}  // namespace

void LockJoinable() {
  const recorder::Unseen unseen;
  TheJoinable().mutex.lock();
}
void UnlockJoinable() {
  const recorder::Unseen unseen;
  TheJoinable().mutex.unlock();
}

void ForgetJoinable() {
  const recorder::Unseen unseen;
  TheJoinable().tasks.clear();
  TheJoinable().mutex.unlock();
  g_has_internal_threads.store(false);
}

bool IsInternalThread() { return t_is_internal; }

bool HasInternalThreads() { return g_has_internal_threads.load(); }

void StartInternalThread(void* (*function)(void*), void* argument) {
  static auto* const next = Next("pthread_create", &__interceptor_pthread_create);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_t thread;
  g_has_internal_threads.store(true);
  next(&thread, &attributes, RunInternalThread, new InternalStart{function, argument});
  pthread_attr_destroy(&attributes);
}

}  // namespace gordian::internal

extern "C" {

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*function)(void*),
                   void* argument) noexcept {
  return gordian::internal::Create(thread, attributes, function, argument);
}

int pthread_join(pthread_t thread, void** result) {
  return gordian::internal::Join(thread, result);
}

int pthread_tryjoin_np(pthread_t thread, void** result) noexcept {
  using gordian::internal::Next;
  static auto* const next = Next("pthread_tryjoin_np", &__interceptor_pthread_tryjoin_np);
  return gordian::internal::FollowJoin(thread, false, false, [&] { return next(thread, result); });
}

int pthread_timedjoin_np(pthread_t thread, void** result, const timespec* deadline) {
  using gordian::internal::Next;
  static auto* const next = Next("pthread_timedjoin_np", &__interceptor_pthread_timedjoin_np);
  return gordian::internal::FollowJoin(thread, true, true,
                                       [&] { return next(thread, result, deadline); });
}

int pthread_clockjoin_np(pthread_t thread, void** result, clockid_t clock,
                         const timespec* deadline) {
  using gordian::internal::Next;
  static auto* const next = Next("pthread_clockjoin_np", &__interceptor_pthread_clockjoin_np);
  return gordian::internal::FollowJoin(thread, true, true,
                                       [&] { return next(thread, result, clock, deadline); });
}

int pthread_detach(pthread_t thread) noexcept {
  using namespace gordian::internal;
  static auto* const next = Next("pthread_detach", &__interceptor_pthread_detach);
  Task* child = TakeJoinable(thread);
  if (child != nullptr) {
    if (gordian::recorder::ThreadLog* log = Recording()) {
      gordian::recorder::Local(*log, gordian::trace::EventType::kTaskDetach, IdOf(*child),
                               CallerStack(*log));
    }
    ReleaseHandle(*child);
  }
  return next(thread);
}

}  // extern "C"
