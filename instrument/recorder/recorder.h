// The hooks: how the library, the pass's runtime and the interposer record.
//
//   if (recorder::On()) {
//     recorder::ThreadLog& log = recorder::Log();
//     recorder::Ordered(log, tracked_, EventType::kLock, log.Site(location));
//   }
//
// Locking   none on the hot path; each thread writes to its own chunk.
// Cost      one word (narrow) to four words per event, no system call, no
//           allocation; a full chunk is exchanged every 32 000 words.
// Limits    hooks neither throw nor log. They may be called from any thread at any
//           time, also before main and during exit; a thread that cannot get a
//           chunk counts its losses and writes them down with the next chunk.
//
// Versions: an *ordered* event takes the next version of its object and is written
// before the object's critical section (or atomic step) is left. An *observed*
// event says "not before version v". See instrument/trace/FORMAT.md.
#ifndef GORDIAN_INSTRUMENT_RECORDER_RECORDER_H_
#define GORDIAN_INSTRUMENT_RECORDER_RECORDER_H_

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <source_location>
#include <span>
#include <string_view>

#include "instrument/recorder/chunk.h"
#include "instrument/trace/event.h"
#include "instrument/trace/wire.h"

namespace gordian::recorder {

using trace::EventType;
using trace::ObjectId;
using trace::ObjectKind;
using trace::SiteId;
using trace::StreamId;
using trace::TaskId;
using trace::TaskKind;
using trace::Version;

namespace internal {
extern std::atomic<bool> g_on;
extern std::atomic<ObjectId> g_first_object;  // of this recording
inline constexpr ObjectId kBeingRegistered = ~ObjectId{0};
}  // namespace internal

// Whether anything is recorded at all: one relaxed load and a branch.
inline bool On() {
#ifdef GORDIAN_NO_RECORDING
  return false;
#else
  return internal::g_on.load(std::memory_order_relaxed);
#endif
}

// What every recorded object carries. All but `id` is written only inside the
// object's own critical section; `version` may be read by anybody.
struct Tracked {
  std::atomic<ObjectId> id{0};
  StreamId last_stream = 0;  // who took `version`; 0: the next record is wide
  std::atomic<Version> version{0};
};
static_assert(sizeof(Tracked) == 16);

// What a task carries to be recorded; it outlives its last stretch.
struct TrackedTask {
  TaskId id = 0;
  std::uint32_t generation = 0;  // the recording that `run` counts for
  std::uint64_t run = 0;         // stretches so far
};

// The buffer of one OS thread.
class ThreadLog {
 public:
  StreamId stream() const { return stream_; }
  TaskId task() const { return task_ != nullptr ? task_->id : 0; }

  // Interns a place in the program. The location's address is its identity.
  SiteId Site(const std::source_location& location) {
    static_assert(sizeof(std::source_location) == sizeof(std::uintptr_t));
    const auto key = std::bit_cast<std::uintptr_t>(location);
    const CachedSite& cached = sites_[(key >> 3) % kCachedSites];
    return cached.key == key ? cached.id : SiteSlow(location, key);
  }

  // Whether this task has lately said here that it saw `object` in its last state, one that never
  // changes any more: to say so again would order nothing.
  bool SawLast(ObjectId object) {
    const SeenLast seen{object, task_->id};
    SeenLast& cached = seen_[object % kCachedSeen];
    if (cached == seen) return true;
    cached = seen;
    return false;
  }

  // Interns a stack, innermost frame first: return addresses.
  SiteId Stack(std::span<const std::uintptr_t> addresses);

 private:
  friend struct Access;
  static constexpr std::size_t kCachedSites = 512;
  static constexpr std::size_t kCachedStacks = 64;
  static constexpr std::size_t kCachedFrames = 4;
  struct CachedSite {
    std::uintptr_t key = 0;
    SiteId id = 0;
  };

  static constexpr std::size_t kCachedSeen = 32;
  struct SeenLast {
    ObjectId object = 0;
    TaskId task = 0;
    friend bool operator==(const SeenLast&, const SeenLast&) = default;
  };
  struct CachedStack {
    std::array<std::uintptr_t, kCachedFrames> frames{};  // short stacks only, filled with zeros
    SiteId id = 0;
  };

  SiteId StackSlow(std::span<const std::uintptr_t> addresses);
  SiteId SiteSlow(const std::source_location& location, std::uintptr_t key);

  std::uint64_t* cursor_ = nullptr;
  std::atomic<std::uint64_t*> limit_{nullptr};  // cleared by others to make the owner refill
  Chunk* chunk_ = nullptr;
  StreamId stream_ = 0;
  TrackedTask* task_ = nullptr;      // that runs here
  std::uint32_t generation_ = 0;     // the recording that `chunk_` belongs to
  std::uint64_t next_sequence_ = 0;  // of the next chunk in this stream
  std::uint64_t lost_ = 0;           // events that found no chunk since the last Loss record
  ThreadLog* next_ = nullptr;        // in the registry of all logs
  ThreadLog* previous_ = nullptr;
  std::array<CachedSite, kCachedSites> sites_{};
  std::array<CachedStack, kCachedStacks> stacks_{};
  std::array<SeenLast, kCachedSeen> seen_{};
};

// The calling thread's log; made at its first use. Not inlined on purpose: no
// thread-local address may live across a goroutine's switch.
[[gnu::noinline]] ThreadLog& Log();

// The only way to a log's cursor.
struct Access {
  // Room for `words` words, or nullptr (and the loss is counted).
  static std::uint64_t* Reserve(ThreadLog& log, std::size_t words) {
    const std::uint64_t* limit = log.limit_.load(std::memory_order_relaxed);
    // As integers: a log without a chunk has no cursor, and null takes no offset.
    const auto end = reinterpret_cast<std::uintptr_t>(log.cursor_) + words * sizeof(std::uint64_t);
    if (end > reinterpret_cast<std::uintptr_t>(limit)) [[unlikely]] {
      if (!Refill(log, words)) return nullptr;
    }
    return log.cursor_;
  }
  static void Commit(ThreadLog& log, std::uint64_t* end) {
    log.cursor_ = end;
    log.chunk_->header.committed.store(static_cast<std::uint64_t>(end - log.chunk_->words),
                                       std::memory_order_release);
  }
  static bool Refill(ThreadLog& log, std::size_t words);
  static void SetTask(ThreadLog& log, TrackedTask* task) { log.task_ = task; }
  static void WriteRun(ThreadLog& log);  // the next stretch of the log's task
  static ThreadLog* Make();
  static void Retire(ThreadLog* log);
  static void InvalidateAll();
  static void KeepOnly(ThreadLog* log);  // after fork: the child's one thread
};

// --- Objects -----------------------------------------------------------------

// Gives `object` its id and writes its ObjectBegin, unless it has one already.
// Safe to race: one caller registers, the others wait for it. Every hook below
// that takes a Tracked expects it registered.
void Register(Tracked& object, ObjectKind kind, std::uint64_t detail, SiteId site);

// Whether `object` has its id in the present recording (ids of an earlier one are stale).
inline bool IsRegistered(const Tracked& object) {
  const ObjectId first = internal::g_first_object.load(std::memory_order_relaxed);
  return object.id.load(std::memory_order_acquire) - first < internal::kBeingRegistered - first;
}

inline void EnsureRegistered(Tracked& object, ObjectKind kind, std::uint64_t detail, SiteId site) {
  if (!IsRegistered(object)) [[unlikely]]
    Register(object, kind, detail, site);
}

// Writes ObjectEnd; the object then has no id, and a later use gives it a new one.
void Unregister(Tracked& object, SiteId site);

// --- Events ------------------------------------------------------------------

// An ordered event without operands or flags: the hot path. In the critical section.
inline void Ordered(ThreadLog& log, Tracked& object, EventType type, SiteId site) {
  const Version version = object.version.load(std::memory_order_relaxed) + 1;
  object.version.store(version, std::memory_order_relaxed);
  const ObjectId id = object.id.load(std::memory_order_relaxed);
  std::uint64_t* out = Access::Reserve(log, 2);
  if (out == nullptr) [[unlikely]] {
    object.last_stream = 0;
    return;
  }
  if (object.last_stream == log.stream()) [[likely]] {
    out[0] = trace::Head(type, false, site, id);
    Access::Commit(log, out + 1);
  } else {
    object.last_stream = log.stream();
    out[0] = trace::Head(type, true, site, id);
    out[1] = trace::Ext(version, 0);
    Access::Commit(log, out + 2);
  }
}

// What an event carries beyond its object and site.
struct Details {
  std::uint16_t flags = 0;
  TaskId for_task = 0;  // not 0: written on behalf of that task; sets kFlagFor
  std::initializer_list<std::uint64_t> operands = {};
};

namespace internal {
// The words of a record after its head: ext, for, operands.
inline std::uint64_t* PutTail(std::uint64_t* out, bool wide, Version version,
                              const Details& details) {
  if (wide) {
    const std::uint16_t for_flag = details.for_task != 0 ? std::uint16_t{trace::kFlagFor} : 0;
    *out++ = trace::Ext(version, details.flags | for_flag);
    if (details.for_task != 0) *out++ = details.for_task;
  }
  for (const std::uint64_t operand : details.operands) *out++ = operand;
  return out;
}

// False where the record was lost.
inline bool Put(ThreadLog& log, EventType type, std::uint32_t subject, SiteId site, bool wide,
                Version version, const Details& details) {
  std::uint64_t* out = Access::Reserve(log, trace::kMaxPlainWords);
  if (out == nullptr) [[unlikely]]
    return false;
  *out++ = trace::Head(type, wide, site, subject);
  Access::Commit(log, PutTail(out, wide, version, details));
  return true;
}

inline bool NeedsExt(const Details& details) { return details.flags != 0 || details.for_task != 0; }
}  // namespace internal

// An ordered event with operands or flags. In the critical section.
inline void OrderedWide(ThreadLog& log, Tracked& object, EventType type, SiteId site,
                        const Details& details) {
  const Version version = object.version.load(std::memory_order_relaxed) + 1;
  object.version.store(version, std::memory_order_relaxed);
  const ObjectId id = object.id.load(std::memory_order_relaxed);
  const bool written = internal::Put(log, type, id, site, true, version, details);
  object.last_stream = written ? log.stream() : 0;
}

// An ordered event whose version was taken by an atomic step of the caller's own
// (a fetch_add that is the operation). All ordered events of such an object use this.
inline void OrderedAt(ThreadLog& log, Tracked& object, EventType type, SiteId site, Version version,
                      const Details& details = {}) {
  internal::Put(log, type, object.id.load(std::memory_order_relaxed), site, true, version, details);
}

// An observed event: not before `version`.
inline void ObservedAt(ThreadLog& log, const Tracked& object, EventType type, SiteId site,
                       Version version, const Details& details = {}) {
  internal::Put(log, type, object.id.load(std::memory_order_relaxed), site, true, version, details);
}
// The same, not before the object's version as it is now.
inline void Observed(ThreadLog& log, const Tracked& object, EventType type, SiteId site,
                     const Details& details = {}) {
  ObservedAt(log, object, type, site, object.version.load(std::memory_order_acquire), details);
}

// A local event: placed by program order alone. Narrow, unless it has flags.
inline void Local(ThreadLog& log, EventType type, std::uint32_t subject, SiteId site,
                  const Details& details = {}) {
  internal::Put(log, type, subject, site, internal::NeedsExt(details), 0, details);
}

// A local event that ends with a text; texts over 64 KiB are cut.
void LocalText(ThreadLog& log, EventType type, std::uint32_t subject, SiteId site,
               std::string_view text, const Details& details = {});

// --- Tasks -------------------------------------------------------------------

// Which recording of this process it is, from 1.
std::uint32_t CurrentGeneration();

// An id for a task that is about to be spawned. The caller writes its TaskSpawn.
TaskId NewTask();

// The id that the next task will get: later tasks are those from here on.
TaskId NextTask();

// From here on the thread's events belong to `task`, in its next stretch. Writes
// TaskRun with the time. Also needed, with recording off, to keep the thread's task.
void RunTask(ThreadLog& log, TrackedTask& task);

// The thread's current task has left it, and no other has come. Writes TaskStop.
void StopTask(ThreadLog& log);

// Writes Time; called on slow paths, before waits and after them.
void Time(ThreadLog& log);

// Nanoseconds on the clock that traces use (CLOCK_MONOTONIC).
std::uint64_t Now();

}  // namespace gordian::recorder

#endif  // GORDIAN_INSTRUMENT_RECORDER_RECORDER_H_
