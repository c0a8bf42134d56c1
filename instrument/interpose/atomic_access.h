// Atomic operations of instrumented code: done, and written to the trace.
//
// An atomic variable is an object at its address. Those who write to it take its version and do
// their operation inside the object's spin lock, so that versions are in the order of the
// values; those who read something new read it in there too, so that value and version belong
// together. A load that finds nothing new since the thread's last one is not written again.
//
// Locking   one spin lock per variable.
// Cost      a table look-up, the site, three or four words.
// Limits    what is done by code that was not instrumented is not known; operations on parts of one
//           variable are those of several.
#ifndef GORDIAN_INSTRUMENT_INTERPOSE_ATOMIC_ACCESS_H_
#define GORDIAN_INSTRUMENT_INTERPOSE_ATOMIC_ACCESS_H_

#include <cstddef>
#include <cstdint>

#include "instrument/interpose/call_site.h"
#include "instrument/interpose/function_ref.h"
#include "instrument/interpose/object.h"
#include "instrument/interpose/thread.h"

namespace gordian::interpose {

// The C++ memory order's number.
using MemoryOrder = int;

inline bool Releases(MemoryOrder order) { return order >= __ATOMIC_RELEASE; }

// A write to the variable: from its construction to its destruction nobody else writes to it.
class AtomicWrite {
 public:
  AtomicWrite(Caller caller, const volatile void* address, std::size_t bytes, MemoryOrder order);
  ~AtomicWrite();
  AtomicWrite(const AtomicWrite&) = delete;
  AtomicWrite& operator=(const AtomicWrite&) = delete;

  // Before a store, after a read-modify-write.
  void Store(MemoryOrder order) { Write(trace::EventType::kAtomicStore, order); }
  void Rmw(MemoryOrder order) { Write(trace::EventType::kAtomicRmw, order); }
  // It compared, and wrote nothing.
  void Failed(MemoryOrder order);

 private:
  void Write(trace::EventType type, MemoryOrder order);

  Recording recording_;
  Object* object_ = nullptr;
  trace::SiteId site_ = 0;
};

// After a load of the variable: `load_again` does it once more where the value may be new.
void RecordAtomicLoad(Caller caller, const volatile void* address, std::size_t bytes,
                      MemoryOrder order, FunctionRef<void()> load_again);

void RecordFence(Caller caller, MemoryOrder order);

}  // namespace gordian::interpose

#endif  // GORDIAN_INSTRUMENT_INTERPOSE_ATOMIC_ACCESS_H_
