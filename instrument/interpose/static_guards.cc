// The compilers' guards of function-local statics.
//
// Instrumented code looks at a guard's first byte itself, by an acquiring load, before it comes
// here: so a guard is an atomic variable, which the one who has initialised the static stores to.
#include <cstdint>

#include "instrument/interpose/atomic_access.h"
#include "instrument/interpose/entry.h"
#include "instrument/interpose/next.h"

namespace gordian::interpose {
namespace {

constinit Next<int(std::uint64_t*)> g_acquire{"__cxa_guard_acquire"};
constinit Next<void(std::uint64_t*)> g_release{"__cxa_guard_release"};
constinit Next<void(std::uint64_t*)> g_abort{"__cxa_guard_abort"};

}  // namespace
}  // namespace gordian::interpose

using namespace gordian::interpose;

extern "C" {

GORDIAN_ENTRY int __cxa_guard_acquire(std::uint64_t* guard) {
  const int initialise = g_acquire(guard);
  if (g_instrumented.load(std::memory_order_relaxed)) {
    RecordAtomicLoad(GORDIAN_CALLER(), guard, 1, __ATOMIC_ACQUIRE, [] {});
  }
  return initialise;
}

GORDIAN_ENTRY void __cxa_guard_release(std::uint64_t* guard) {
  if (!g_instrumented.load(std::memory_order_relaxed)) return g_release(guard);
  AtomicWrite write(GORDIAN_CALLER(), guard, 1, __ATOMIC_RELEASE);
  write.Store(__ATOMIC_RELEASE);
  g_release(guard);
}

GORDIAN_ENTRY void __cxa_guard_abort(std::uint64_t* guard) { g_abort(guard); }

}  // extern "C"
