// Events as readers see them, and the table that describes them.
//
// `events.def` is the only list of events; this header turns it into the enum
// and into `Spec(type)`. The words on the wire are in `wire.h`.
#ifndef GORDIAN_INSTRUMENT_TRACE_EVENT_H_
#define GORDIAN_INSTRUMENT_TRACE_EVENT_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "instrument/trace/ids.h"

namespace gordian::trace {

enum class EventType : std::uint8_t {
  kNone = 0,  // never written: a zeroed buffer ends a stream
#define GORDIAN_EVENT(name, ...) k##name,
#include "instrument/trace/events.def"
#undef GORDIAN_EVENT
  kCount,
};

inline constexpr std::size_t kEventTypes = static_cast<std::size_t>(EventType::kCount);

enum class Order : std::uint8_t { kLocal, kObserved, kOrdered };
enum class Subject : std::uint8_t { kNone, kObject, kTask, kSite, kCount };

struct EventSpec {
  std::string_view name;
  Order order;
  Subject subject;
  bool has_text;
  std::uint8_t arity;
  std::array<std::string_view, 4> operands;
};

const EventSpec& Spec(EventType type);

// The type with this text name, or nothing.
std::optional<EventType> TypeNamed(std::string_view name);

// What a wait, an acquisition or an attempt was like. Kept in `Event::flags`.
enum Flag : std::uint16_t {
  kFlagFor = 1 << 0,     // written by the task that completed another one's wait
  kFlagTimed = 1 << 1,   // the wait ends by itself: a timeout, a deadline
  kFlagTry = 1 << 2,     // an attempt that could not block
  kFlagSelect = 1 << 3,  // one case of a select
  kFlagRoot = 1 << 4,    // of a `run`: this recording has no spawn of the task
  kFlagPart = 1 << 5,    // of a block: goes on where the record before it ends
  kFlagExact = 1 << 6,   // of an atomic: its value and its version were read or written as one
};
inline constexpr std::uint16_t kKnownFlags = 0x7F;

enum class TaskKind : std::uint8_t {
  kGoroutine = 0,
  kThread = 1,
  kTimer = 2,
  kInternal = 3,
  kFiber = 4
};

enum class ObjectKind : std::uint8_t {
  kUnknown = 0,
  kMutex,
  kRWMutex,  // a waiting writer blocks new readers
  kRecursiveMutex,
  kRWMutexReaders,  // reader-preferring
  kCond,
  kWaitGroup,
  kOnce,
  kChan,
  kSemaphore,
  kBarrier,
  kLatch,
  kAtomic,
  kPool,
  kTimer,
  kTicker,
  kContext,
  kVariable,
  kCustom,  // home-made synchronisation (annotate.h)
  kNil,     // the nil channel; object 0 never has events
  kMemory,  // a region of the address space: heap blocks and stacks come and go in it
  kKinds,
};
std::string_view NameOf(ObjectKind kind);  // "mutex", "channel", …
std::optional<ObjectKind> ObjectKindNamed(std::string_view name);

enum class WaitEndReason : std::uint8_t { kTimeout = 0, kCancelled = 1, kGaveUp = 2, kDone = 3 };

enum class TaskEndReason : std::uint8_t { kReturned = 0, kPanic = 1, kExit = 2 };

enum class ProcessEndReason : std::uint8_t { kMainReturned = 0, kExit = 1, kFatal = 2 };

// What `Misuse` reports; the number is the operand `what`.
enum class MisuseKind : std::uint8_t {
  kSendClosed = 0,
  kCloseClosed,
  kCloseNil,
  kNilBlock,
  kWaitGroupNegative,
  kWaitGroupReuse,
  kUnlockUnlocked,
  kUnlockNotOwner,
  kLockDestroyed,
  kCondWithoutLock,
  kOnceRecursive,
  kKinds,
};

// One decoded event. `text` points into the reader's buffer and lives as long as
// the call that handed the event over.
struct Event {
  EventType type = EventType::kNone;
  std::uint16_t flags = 0;
  std::uint32_t subject = 0;  // an object, task, site or count, as Spec() says
  SiteId site = 0;
  Version version = 0;
  std::array<std::uint64_t, 4> args{};
  std::string_view text;

  // Filled in by the reader.
  TaskId task = 0;   // whose event it is
  TaskId actor = 0;  // who wrote it; differs from `task` with kFlagFor
  StreamId stream = 0;
  std::uint64_t time = 0;    // of the stream's last clock reading, ns
  std::uint64_t seq = 0;     // position in the total order, from 1
  std::uint64_t offset = 0;  // word in its stream, for messages

  bool Has(Flag flag) const { return (flags & flag) != 0; }
};

}  // namespace gordian::trace

#endif  // GORDIAN_INSTRUMENT_TRACE_EVENT_H_
