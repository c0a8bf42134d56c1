// What has an identity in the trace: a lock, a condition variable, a semaphore.
//
// An Object is given to an address at its first use there, and ended when the address is
// destroyed, made anew, or found to hold something new. Objects are never freed: the next
// one at the same address, or in the same chain, uses them again.
//
//   Object* object = FindOrMake(mutex, ObjectKind::kMutex);     // by address: a hash table
//   Object* object = FindByWord(word, mutex, ObjectKind::kMutex);   // by a spare word in it
//
// A spare word of the primitive (glibc keeps some) names its Object together with a check that is
// made of the address. Whoever initialises the primitive, be it by a constructor that nobody sees,
// clears the word: so two locks that lived at one address are two objects.
//
// Locking   finding takes none, making one a lock per chain.
// Cost      by word: two loads and a comparison. By address: a hash and a short chain.
// Limits    kMostObjects addresses; what comes later is not recorded.
#ifndef GORDIAN_INSTRUMENT_INTERPOSE_OBJECT_H_
#define GORDIAN_INSTRUMENT_INTERPOSE_OBJECT_H_

#include <atomic>
#include <cstdint>

#include "instrument/interpose/function_ref.h"
#include "instrument/recorder/recorder.h"

namespace gordian::interpose {

using trace::ObjectKind;

struct Object {
  recorder::Tracked tracked;
  std::atomic<std::uintptr_t> address{0};  // 0: free
  std::atomic<std::uint32_t> next{0};      // in its chain: an index, 0 the last
  std::uint32_t index = 0;
  ObjectKind kind = ObjectKind::kUnknown;
  // Of a lock: who holds it exclusively as far as was recorded, and how many times. Of a condition
  // variable: how many wait. They count only for an object that is registered.
  std::atomic<trace::TaskId> holder{0};
  std::atomic<std::uint32_t> count{0};
  std::uint64_t detail = 0;
};
static_assert(sizeof(Object) <= 64);

inline constexpr std::uint32_t kMostObjects = 1u << 22;

using SpareWord = std::atomic<std::uint64_t>;

// What else is known by an address, beside the primitive that lies there: a key that is no address.
enum class KeySpace : unsigned { kFile = 60, kFutex = 61, kOrder = 62, kLock = 63 };
inline const void* KeyOf(const void* address, KeySpace space) {
  return reinterpret_cast<const void*>(reinterpret_cast<std::uintptr_t>(address) |
                                       std::uintptr_t{1} << static_cast<unsigned>(space));
}

// The object at `address`, of `kind`; nullptr where there can be none.
Object* FindOrMake(const void* address, ObjectKind kind);

// The object at `address`, or nullptr.
Object* Find(const void* address);

// A primitive is initialised at `address`: whatever was there has ended.
Object* MakeAnew(const void* address, ObjectKind kind);

namespace internal {
extern constinit Object* g_objects;
extern constinit std::uint32_t g_word_seed;

inline std::uint32_t CheckOf(const void* address) {
  const auto bits = reinterpret_cast<std::uintptr_t>(address);
  return static_cast<std::uint32_t>((bits * 0x9E3779B97F4A7C15u) >> 32) ^ g_word_seed;
}
Object* NameInWord(SpareWord& word, const void* address, ObjectKind kind);
}  // namespace internal

inline Object* FindByWord(SpareWord& word, const void* address, ObjectKind kind) {
  const std::uint64_t value = word.load(std::memory_order_acquire);
  const auto index = static_cast<std::uint32_t>(value);
  if (value >> 32 == internal::CheckOf(address) && index - 1 < kMostObjects - 1) [[likely]] {
    Object& object = internal::g_objects[index];
    if (object.kind == kind) [[likely]]
      return &object;
  }
  return internal::NameInWord(word, address, kind);
}

// Calls `visit` with every object that has an address, also those that the present recording has
// not met. Others may come and go meanwhile.
void ForEachObject(FunctionRef<void(const Object&)> visit);

// Writes the object's end, where it has begun, and frees it.
void EndObject(Object& object, trace::SiteId site);

// Reserves the table's address space. Once.
void PrepareObjects();

}  // namespace gordian::interpose

#endif  // GORDIAN_INSTRUMENT_INTERPOSE_OBJECT_H_
