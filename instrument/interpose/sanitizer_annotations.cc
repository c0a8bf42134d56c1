// What a program tells of itself by ThreadSanitizer's interface and the older Annotate* functions:
// what orders, what is not to be looked at. Locks are in sanitizer_mutexes.cc, fibers in
// sanitizer_fibers.cc.
#include <pthread.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "instrument/interpose/call_site.h"
#include "instrument/interpose/entry.h"
#include "instrument/interpose/life.h"
#include "instrument/interpose/lock_events.h"
#include "instrument/interpose/memory_access.h"

namespace gordian::interpose {
namespace {

// What is annotated often has an atomic variable at its address, which is another object.
const void* OrderKey(const void* address) { return KeyOf(address, KeySpace::kOrder); }

void Release(Caller caller, const void* address) {
  Recording recording;
  if (!recording || recording.thread().ignored.order != 0) return;
  Object* object = FindOrMake(OrderKey(address), ObjectKind::kCustom);
  if (object == nullptr) return;
  Step(recording, *object, trace::EventType::kHbRelease, SiteOf(recording, caller));
}

void Acquire(Caller caller, const void* address) {
  Recording recording(Epoch::kGoesOn);
  if (!recording || recording.thread().ignored.order != 0) return;
  const Object* object = Find(OrderKey(address));
  if (object == nullptr || !recorder::IsRegistered(object->tracked)) return;
  recorder::Observed(recording.log(), object->tracked, trace::EventType::kHbAcquire,
                     SiteOf(recording, caller));
}

// The bytes may be raced on, as long as they are the memory that they are now.
void MayRace(const void* address, std::size_t bytes) {
  Recording recording(Epoch::kGoesOn);
  if (!recording) return;
  constexpr std::size_t kMost = ~std::uint32_t{0};
  recorder::Local(recording.log(), trace::EventType::kMayRace,
                  static_cast<std::uint32_t>(std::min(bytes, kMost)), 0,
                  {.operands = {reinterpret_cast<std::uintptr_t>(address)}});
}

void Begin(std::uint16_t& ignored) { ++ignored; }
void End(std::uint16_t& ignored) {
  if (ignored != 0) --ignored;
}
void BeginIgnoringAccesses() { Begin(t_thread.ignored.accesses); }
void EndIgnoringAccesses() { End(t_thread.ignored.accesses); }

// An object of another library is one variable, of which its first byte is told.
void AccessExternal(Caller caller, const void* address, AccessKind kind) {
  RecordAccess(caller, reinterpret_cast<std::uintptr_t>(address), 1, kind);
}

const void* Pointer(unsigned long address) { return reinterpret_cast<const void*>(address); }

}  // namespace
}  // namespace gordian::interpose

using namespace gordian::interpose;

extern "C" {

GORDIAN_ENTRY void __tsan_acquire(void* address) { Acquire(GORDIAN_CALLER(), address); }
GORDIAN_ENTRY void __tsan_release(void* address) { Release(GORDIAN_CALLER(), address); }

GORDIAN_ENTRY void __tsan_ignore_thread_begin() { BeginIgnoringAccesses(); }
GORDIAN_ENTRY void __tsan_ignore_thread_end() { EndIgnoringAccesses(); }

// A tag is what its name says: nothing else is asked of it.
GORDIAN_ENTRY void* __tsan_external_register_tag(const char* object_type) {
  static const char unnamed = 0;
  return const_cast<char*>(object_type != nullptr ? object_type : &unnamed);
}
GORDIAN_ENTRY void __tsan_external_register_header(void*, const char*) {}
GORDIAN_ENTRY void __tsan_external_assign_tag(void*, void*) {}
GORDIAN_ENTRY void __tsan_external_read(void* address, void*, void*) {
  AccessExternal(GORDIAN_CALLER(), address, AccessKind::kRead);
}
GORDIAN_ENTRY void __tsan_external_write(void* address, void*, void*) {
  AccessExternal(GORDIAN_CALLER(), address, AccessKind::kWrite);
}

GORDIAN_ENTRY void AnnotateHappensBefore(const char*, int, unsigned long address) {
  Release(GORDIAN_CALLER(), Pointer(address));
}
GORDIAN_ENTRY void AnnotateHappensAfter(const char*, int, unsigned long address) {
  Acquire(GORDIAN_CALLER(), Pointer(address));
}
GORDIAN_ENTRY void WTFAnnotateHappensBefore(const char*, int, unsigned long address) {
  Release(GORDIAN_CALLER(), Pointer(address));
}
GORDIAN_ENTRY void WTFAnnotateHappensAfter(const char*, int, unsigned long address) {
  Acquire(GORDIAN_CALLER(), Pointer(address));
}

// As in ThreadSanitizer, either leaves out both.
GORDIAN_ENTRY void AnnotateIgnoreReadsBegin(const char*, int) { BeginIgnoringAccesses(); }
GORDIAN_ENTRY void AnnotateIgnoreReadsEnd(const char*, int) { EndIgnoringAccesses(); }
GORDIAN_ENTRY void AnnotateIgnoreWritesBegin(const char*, int) { BeginIgnoringAccesses(); }
GORDIAN_ENTRY void AnnotateIgnoreWritesEnd(const char*, int) { EndIgnoringAccesses(); }
GORDIAN_ENTRY void AnnotateIgnoreSyncBegin(const char*, int) { Begin(t_thread.ignored.order); }
GORDIAN_ENTRY void AnnotateIgnoreSyncEnd(const char*, int) { End(t_thread.ignored.order); }

GORDIAN_ENTRY void AnnotateBenignRace(const char*, int, unsigned long address, const char*) {
  MayRace(Pointer(address), 1);
}
GORDIAN_ENTRY void AnnotateBenignRaceSized(const char*, int, unsigned long address,
                                           unsigned long bytes, const char*) {
  MayRace(Pointer(address), bytes);
}
GORDIAN_ENTRY void WTFAnnotateBenignRaceSized(const char*, int, unsigned long address,
                                              unsigned long bytes, const char*) {
  MayRace(Pointer(address), bytes);
}

GORDIAN_ENTRY void AnnotateThreadName(const char*, int, const char* name) {
  if (name != nullptr) NameThread(pthread_self(), name);
}

// What these tell is known already (condition variables are followed, memory is new when it is
// allocated), or serves the tests of a detector.
#define GORDIAN_NOTHING(name, ...) \
  GORDIAN_ENTRY void name(const char*, int __VA_OPT__(, ) __VA_ARGS__) {}
GORDIAN_NOTHING(AnnotateCondVarSignal, unsigned long)
GORDIAN_NOTHING(AnnotateCondVarSignalAll, unsigned long)
GORDIAN_NOTHING(AnnotateCondVarWait, unsigned long, unsigned long)
GORDIAN_NOTHING(AnnotateMutexIsNotPHB, unsigned long)
GORDIAN_NOTHING(AnnotateMutexIsUsedAsCondVar, unsigned long)
GORDIAN_NOTHING(AnnotatePCQCreate, unsigned long)
GORDIAN_NOTHING(AnnotatePCQDestroy, unsigned long)
GORDIAN_NOTHING(AnnotatePCQPut, unsigned long)
GORDIAN_NOTHING(AnnotatePCQGet, unsigned long)
GORDIAN_NOTHING(AnnotateNewMemory, unsigned long, unsigned long)
GORDIAN_NOTHING(AnnotatePublishMemoryRange, unsigned long, unsigned long)
GORDIAN_NOTHING(AnnotateUnpublishMemoryRange, unsigned long, unsigned long)
GORDIAN_NOTHING(AnnotateMemoryIsInitialized, unsigned long, unsigned long)
GORDIAN_NOTHING(AnnotateMemoryIsUninitialized, unsigned long, unsigned long)
GORDIAN_NOTHING(AnnotateTraceMemory, unsigned long)
GORDIAN_NOTHING(AnnotateExpectRace, unsigned long, const char*)
GORDIAN_NOTHING(AnnotateFlushExpectedRaces)
GORDIAN_NOTHING(AnnotateEnableRaceDetection, int)
GORDIAN_NOTHING(AnnotateFlushState)
GORDIAN_NOTHING(AnnotateNoOp, unsigned long)
#undef GORDIAN_NOTHING

// A program asks how slow it will be, and whether its annotations are wanted.
GORDIAN_ENTRY int RunningOnValgrind() { return 0; }
GORDIAN_ENTRY double ValgrindSlowdown() { return 10.0; }
GORDIAN_ENTRY const char* ThreadSanitizerQuery(const char* query) {
  return query != nullptr && std::strcmp(query, "pure_happens_before") == 0 ? "1" : "0";
}

}  // extern "C"
