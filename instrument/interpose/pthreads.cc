// The entry points of threads: create, join, detach, and their names.
#include <pthread.h>
#include <threads.h>
#include <time.h>

#include <cstddef>
#include <cstdint>

#include "instrument/interpose/entry.h"
#include "instrument/interpose/life.h"
#include "instrument/interpose/next.h"

namespace gordian::interpose {
namespace {

constinit Next<int(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*)> g_create{
    "pthread_create"};
constinit Next<int(pthread_t, void**)> g_join{"pthread_join"};
constinit Next<int(pthread_t, void**)> g_tryjoin{"pthread_tryjoin_np"};
constinit Next<int(pthread_t, void**, const timespec*)> g_timedjoin{"pthread_timedjoin_np"};
constinit Next<int(pthread_t, void**, clockid_t, const timespec*)> g_clockjoin{
    "pthread_clockjoin_np"};
constinit Next<int(pthread_t)> g_detach{"pthread_detach"};
constinit Next<int(pthread_t, const char*)> g_setname{"pthread_setname_np"};

constinit Next<int(thrd_t*, thrd_start_t, void*)> g_thrd_create{"thrd_create"};
constinit Next<int(thrd_t, int*)> g_thrd_join{"thrd_join"};
constinit Next<int(thrd_t)> g_thrd_detach{"thrd_detach"};

bool IsDetached(const pthread_attr_t* attributes) {
  int state = PTHREAD_CREATE_JOINABLE;
  if (attributes != nullptr) pthread_attr_getdetachstate(attributes, &state);
  return state == PTHREAD_CREATE_DETACHED;
}

// What the hooks and their thread-local variables take of a thread's stack, with room to spare. A
// stack smaller than the limit may have been measured to fit its thread without them.
constexpr std::size_t kHookStack = std::size_t{64} << 10;
constexpr std::size_t kSmallStack = std::size_t{1} << 20;

// The program's attributes, with a larger stack where it asked for a small one and does not bring
// its own. They share what they point to with the program's, and are not destroyed.
pthread_attr_t WithRoom(const pthread_attr_t& attributes) {
  pthread_attr_t larger = attributes;
  void* begin = nullptr;
  std::size_t bytes = 0;
  const bool known = pthread_attr_getstack(&larger, &begin, &bytes) == 0;
  const bool is_own = reinterpret_cast<std::uintptr_t>(begin) + bytes != 0;
  if (known && !is_own && bytes != 0 && bytes < kSmallStack) {
    pthread_attr_setstacksize(&larger, bytes + kHookStack);
  }
  return larger;
}

// A C11 thread's function returns an int; it travels as a pointer.
int RunC11Thread(void* data) {
  const Birth birth = BeginThread(data);
  return reinterpret_cast<thrd_start_t>(birth.function)(birth.argument);
}

}  // namespace
}  // namespace gordian::interpose

using namespace gordian::interpose;

extern "C" {

GORDIAN_ENTRY int pthread_create(pthread_t* thread, const pthread_attr_t* attributes,
                                 void* (*function)(void*), void* argument) noexcept {
  if (!FollowsThreads()) return g_create(thread, attributes, function, argument);
  pthread_attr_t larger;
  if (attributes != nullptr) larger = WithRoom(*attributes);
  const pthread_attr_t* used = attributes != nullptr ? &larger : nullptr;
  return CreateThread(GORDIAN_CALLER(), thread, IsDetached(attributes),
                      {reinterpret_cast<void*>(function), argument, 0},
                      [=](Birth* birth) { return g_create(thread, used, RunThread, birth); });
}

GORDIAN_ENTRY int pthread_join(pthread_t thread, void** result) {
  return JoinThread(GORDIAN_CALLER(), thread, JoinKind::kWaits,
                    [=] { return g_join(thread, result); });
}

GORDIAN_ENTRY int pthread_tryjoin_np(pthread_t thread, void** result) noexcept {
  return JoinThread(GORDIAN_CALLER(), thread, JoinKind::kTries,
                    [=] { return g_tryjoin(thread, result); });
}

GORDIAN_ENTRY int pthread_timedjoin_np(pthread_t thread, void** result, const timespec* deadline) {
  return JoinThread(GORDIAN_CALLER(), thread, JoinKind::kTimed,
                    [=] { return g_timedjoin(thread, result, deadline); });
}

GORDIAN_ENTRY int pthread_clockjoin_np(pthread_t thread, void** result, clockid_t clock,
                                       const timespec* deadline) {
  return JoinThread(GORDIAN_CALLER(), thread, JoinKind::kTimed,
                    [=] { return g_clockjoin(thread, result, clock, deadline); });
}

GORDIAN_ENTRY int pthread_detach(pthread_t thread) noexcept {
  DetachThread(GORDIAN_CALLER(), thread);
  return g_detach(thread);
}

GORDIAN_ENTRY int pthread_setname_np(pthread_t thread, const char* name) noexcept {
  const int error = g_setname(thread, name);
  if (error == 0) NameThread(thread, name);
  return error;
}

GORDIAN_ENTRY int thrd_create(thrd_t* thread, thrd_start_t function, void* argument) {
  if (!FollowsThreads()) return g_thrd_create(thread, function, argument);
  return CreateThread(GORDIAN_CALLER(), thread, /*detached=*/false,
                      {reinterpret_cast<void*>(function), argument, 0},
                      [=](Birth* birth) { return g_thrd_create(thread, RunC11Thread, birth); });
}

GORDIAN_ENTRY int thrd_join(thrd_t thread, int* result) {
  return JoinThread(GORDIAN_CALLER(), thread, JoinKind::kWaits,
                    [=] { return g_thrd_join(thread, result); });
}

GORDIAN_ENTRY int thrd_detach(thrd_t thread) {
  DetachThread(GORDIAN_CALLER(), thread);
  return g_thrd_detach(thread);
}

}  // extern "C"
