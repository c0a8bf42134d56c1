// ThreadSanitizer's entry points for atomic operations of every width, and fences.
//
// The operation itself is always sequentially consistent; what the program asked for is what is
// written. A compare-and-swap that fails is a load by its failure's order.
#include <cstdint>

#include "instrument/interpose/atomic_access.h"
#include "instrument/interpose/entry.h"

namespace gordian::interpose {
namespace {

using Wide = __int128;

template <typename T>
T Load(Caller caller, const volatile T* address, MemoryOrder order) {
  T value = __atomic_load_n(address, __ATOMIC_SEQ_CST);
  RecordAtomicLoad(caller, address, sizeof(T), order,
                   [&] { value = __atomic_load_n(address, __ATOMIC_SEQ_CST); });
  return value;
}

template <typename T>
void Store(Caller caller, volatile T* address, T value, MemoryOrder order) {
  AtomicWrite write(caller, address, sizeof(T), order);
  write.Store(order);
  __atomic_store_n(address, value, __ATOMIC_SEQ_CST);
}

template <typename T, typename Operation>
T Change(Caller caller, volatile T* address, MemoryOrder order, Operation operation) {
  AtomicWrite write(caller, address, sizeof(T), order);
  const T before = operation();
  write.Rmw(order);
  return before;
}

template <typename T>
bool Exchange(Caller caller, volatile T* address, T* expected, T desired, MemoryOrder order,
              MemoryOrder failure) {
  AtomicWrite write(caller, address, sizeof(T), order);
  const bool done = __atomic_compare_exchange_n(address, expected, desired, /*weak=*/false,
                                                __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
  done ? write.Rmw(order) : write.Failed(failure);
  return done;
}

}  // namespace
}  // namespace gordian::interpose

using namespace gordian::interpose;

extern "C" {

#define GORDIAN_ATOMIC_CHANGE(bits, type, name, builtin)                                           \
  GORDIAN_ENTRY type __tsan_atomic##bits##_##name(volatile type* address, type value, int order) { \
    return Change(GORDIAN_CALLER(), address, order,                                                \
                  [=] { return builtin(address, value, __ATOMIC_SEQ_CST); });                      \
  }

#define GORDIAN_ATOMICS(bits, type)                                                               \
  GORDIAN_ENTRY type __tsan_atomic##bits##_load(const volatile type* address, int order) {        \
    return Load<type>(GORDIAN_CALLER(), address, order);                                          \
  }                                                                                               \
  GORDIAN_ENTRY void __tsan_atomic##bits##_store(volatile type* address, type value, int order) { \
    Store<type>(GORDIAN_CALLER(), address, value, order);                                         \
  }                                                                                               \
  GORDIAN_ATOMIC_CHANGE(bits, type, exchange, __atomic_exchange_n)                                \
  GORDIAN_ATOMIC_CHANGE(bits, type, fetch_add, __atomic_fetch_add)                                \
  GORDIAN_ATOMIC_CHANGE(bits, type, fetch_sub, __atomic_fetch_sub)                                \
  GORDIAN_ATOMIC_CHANGE(bits, type, fetch_and, __atomic_fetch_and)                                \
  GORDIAN_ATOMIC_CHANGE(bits, type, fetch_or, __atomic_fetch_or)                                  \
  GORDIAN_ATOMIC_CHANGE(bits, type, fetch_xor, __atomic_fetch_xor)                                \
  GORDIAN_ATOMIC_CHANGE(bits, type, fetch_nand, __atomic_fetch_nand)                              \
  GORDIAN_ENTRY int __tsan_atomic##bits##_compare_exchange_strong(                                \
      volatile type* address, type* expected, type desired, int order, int failure) {             \
    return Exchange<type>(GORDIAN_CALLER(), address, expected, desired, order, failure);          \
  }                                                                                               \
  GORDIAN_ENTRY int __tsan_atomic##bits##_compare_exchange_weak(                                  \
      volatile type* address, type* expected, type desired, int order, int failure) {             \
    return Exchange<type>(GORDIAN_CALLER(), address, expected, desired, order, failure);          \
  }                                                                                               \
  GORDIAN_ENTRY type __tsan_atomic##bits##_compare_exchange_val(                                  \
      volatile type* address, type expected, type desired, int order, int failure) {              \
    Exchange<type>(GORDIAN_CALLER(), address, &expected, desired, order, failure);                \
    return expected;                                                                              \
  }

GORDIAN_ATOMICS(8, std::uint8_t)
GORDIAN_ATOMICS(16, std::uint16_t)
GORDIAN_ATOMICS(32, std::uint32_t)
GORDIAN_ATOMICS(64, std::uint64_t)
GORDIAN_ATOMICS(128, Wide)
#undef GORDIAN_ATOMICS
#undef GORDIAN_ATOMIC_CHANGE

GORDIAN_ENTRY void __tsan_atomic_thread_fence(int order) {
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  RecordFence(GORDIAN_CALLER(), order);
}

GORDIAN_ENTRY void __tsan_atomic_signal_fence(int) { __atomic_signal_fence(__ATOMIC_SEQ_CST); }

}  // extern "C"
