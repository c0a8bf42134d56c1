// ThreadSanitizer's interface for fibers.
#include "instrument/interpose/entry.h"
#include "instrument/interpose/fiber.h"

using namespace gordian::interpose;

namespace {

constexpr unsigned kNoSync = 1 << 0;

Fiber& AsFiber(void* fiber) { return *static_cast<Fiber*>(fiber); }

}  // namespace

extern "C" {

GORDIAN_ENTRY void* __tsan_get_current_fiber() { return CurrentFiber(); }
GORDIAN_ENTRY void* __tsan_create_fiber(unsigned) { return CreateFiber(GORDIAN_CALLER()); }
GORDIAN_ENTRY void __tsan_destroy_fiber(void* fiber) { DestroyFiber(AsFiber(fiber)); }
GORDIAN_ENTRY void __tsan_switch_to_fiber(void* fiber, unsigned flags) {
  SwitchToFiber(GORDIAN_CALLER(), AsFiber(fiber), (flags & kNoSync) == 0);
}
GORDIAN_ENTRY void __tsan_set_fiber_name(void* fiber, const char* name) {
  if (name != nullptr) NameFiber(AsFiber(fiber), name);
}

}  // extern "C"
