#include "instrument/interpose/object.h"

#include <sys/auxv.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "instrument/interpose/spin.h"
#include "instrument/interpose/thread.h"

namespace gordian::interpose {
namespace internal {
constinit Object* g_objects = nullptr;
constinit std::uint32_t g_word_seed = 0;
}  // namespace internal

namespace {

constexpr std::size_t kChainBits = 16;

struct Chain {
  SpinLock lock;  // of whoever adds to it
  std::atomic<std::uint32_t> first{0};
};
constinit std::array<Chain, std::size_t{1} << kChainBits> g_chains{};
constinit std::atomic<std::uint32_t> g_made{1};  // index 0 is nobody

Chain& ChainOf(std::uintptr_t address) {
  return g_chains[(address * 0x9E3779B97F4A7C15u) >> (64 - kChainBits)];
}

Object* FindIn(const Chain& chain, std::uintptr_t address) {
  for (std::uint32_t at = chain.first.load(std::memory_order_acquire); at != 0;) {
    Object& object = internal::g_objects[at];
    if (object.address.load(std::memory_order_acquire) == address) return &object;
    at = object.next.load(std::memory_order_acquire);
  }
  return nullptr;
}

// A new object at the chain's head, or nullptr. Under the chain's lock.
Object* Extend(Chain& chain) {
  if (internal::g_objects == nullptr) return nullptr;
  const std::uint32_t index = g_made.fetch_add(1, std::memory_order_relaxed);
  if (index >= kMostObjects) {
    g_made.store(kMostObjects, std::memory_order_relaxed);
    return nullptr;
  }
  Object* object = new (&internal::g_objects[index]) Object;
  object->index = index;
  object->next.store(chain.first.load(std::memory_order_relaxed), std::memory_order_relaxed);
  chain.first.store(index, std::memory_order_release);
  return object;
}

// Writes the end of what was at the object's address. Nobody uses that any more.
void Close(Object& object, trace::SiteId site) {
  if (recorder::On() && t_thread.log != nullptr && recorder::IsRegistered(object.tracked)) {
    recorder::Unregister(object.tracked, site);
  }
  object.tracked.id.store(0, std::memory_order_release);
  object.holder.store(0, std::memory_order_relaxed);
  object.count.store(0, std::memory_order_relaxed);
  object.detail = 0;
}

// Under the chain's lock.
Object* Take(Chain& chain, std::uintptr_t address, ObjectKind kind, bool anew) {
  Object* object = FindIn(chain, address);
  if (object != nullptr) {
    if (anew || object->kind != kind) Close(*object, 0);
    object->kind = kind;
    return object;
  }
  object = FindIn(chain, 0);
  if (object == nullptr) object = Extend(chain);
  if (object == nullptr) return nullptr;
  object->kind = kind;
  object->address.store(address, std::memory_order_release);
  return object;
}

std::uintptr_t Bits(const void* address) { return reinterpret_cast<std::uintptr_t>(address); }

}  // namespace

void PrepareObjects() {
  void* memory = mmap(nullptr, sizeof(Object) * kMostObjects, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return;
  if (const auto* random = reinterpret_cast<const void*>(getauxval(AT_RANDOM))) {
    std::memcpy(&internal::g_word_seed, random, sizeof internal::g_word_seed);
  }
  internal::g_objects = static_cast<Object*>(memory);
}

Object* Find(const void* address) {
  if (internal::g_objects == nullptr) return nullptr;
  return FindIn(ChainOf(Bits(address)), Bits(address));
}

Object* FindOrMake(const void* address, ObjectKind kind) {
  Object* object = Find(address);
  if (object != nullptr && object->kind == kind) return object;
  Chain& chain = ChainOf(Bits(address));
  SpinGuard guard(chain.lock);
  return Take(chain, Bits(address), kind, /*anew=*/false);
}

Object* MakeAnew(const void* address, ObjectKind kind) {
  Chain& chain = ChainOf(Bits(address));
  SpinGuard guard(chain.lock);
  return Take(chain, Bits(address), kind, /*anew=*/true);
}

namespace internal {

// Where two threads come at once, the first to change the word makes the object.
Object* NameInWord(SpareWord& word, const void* address, ObjectKind kind) {
  Chain& chain = ChainOf(Bits(address));
  SpinGuard guard(chain.lock);
  const std::uint64_t value = word.load(std::memory_order_relaxed);
  if (value >> 32 == CheckOf(address)) {
    Object* named = FindIn(chain, Bits(address));
    if (named != nullptr && named->index == static_cast<std::uint32_t>(value) &&
        named->kind == kind) {
      return named;
    }
  }
  Object* object = Take(chain, Bits(address), kind, /*anew=*/true);
  if (object == nullptr) return nullptr;
  word.store((std::uint64_t{CheckOf(address)} << 32) | object->index, std::memory_order_release);
  return object;
}

}  // namespace internal

void ForEachObject(FunctionRef<void(const Object&)> visit) {
  const std::uint32_t made = g_made.load(std::memory_order_acquire);
  for (std::uint32_t i = 1; i < std::min(made, kMostObjects); ++i) {
    const Object& object = internal::g_objects[i];
    if (object.address.load(std::memory_order_acquire) != 0) visit(object);
  }
}

void EndObject(Object& object, trace::SiteId site) {
  Chain& chain = ChainOf(object.address.load(std::memory_order_relaxed));
  SpinGuard guard(chain.lock);
  Close(object, site);
  object.address.store(0, std::memory_order_release);
}

}  // namespace gordian::interpose
