#include "instrument/recorder/recorder.h"

#include <time.h>

#include <algorithm>
#include <cstring>

#include "instrument/recorder/attach.h"

namespace gordian::recorder {
namespace {

std::atomic<TaskId> g_next_task{1};
std::atomic<ObjectId> g_next_object{1};

// The words of a record after its head: ext, for, operands.
std::uint64_t* PutTail(std::uint64_t* out, bool wide, Version version, const Details& details) {
  if (wide) {
    const std::uint16_t for_flag = details.for_task != 0 ? std::uint16_t{trace::kFlagFor} : 0;
    *out++ = trace::Ext(version, details.flags | for_flag);
    if (details.for_task != 0) *out++ = details.for_task;
  }
  return std::copy(details.operands.begin(), details.operands.end(), out);
}

// False where the record was lost.
bool Put(ThreadLog& log, EventType type, std::uint32_t subject, SiteId site, bool wide,
         Version version, const Details& details) {
  std::uint64_t* out = Access::Reserve(log, trace::kMaxPlainWords);
  if (out == nullptr) return false;
  *out++ = trace::Head(type, wide, site, subject);
  Access::Commit(log, PutTail(out, wide, version, details));
  return true;
}

bool NeedsExt(const Details& details) { return details.flags != 0 || details.for_task != 0; }

}  // namespace

namespace internal {
// Keeps attach.cc, and with it the constructor that starts the recording, in a static link.
[[gnu::used]] void (*const g_keep_attach)() = &AttachAtStart;

std::atomic<bool> g_on{false};
std::atomic<ObjectId> g_first_object{1};

void BeginObjects() {
  g_first_object.store(g_next_object.load(std::memory_order_relaxed), std::memory_order_relaxed);
}
}  // namespace internal

void Register(Tracked& object, ObjectKind kind, std::uint64_t detail, SiteId site) {
  ObjectId seen = object.id.load(std::memory_order_acquire);
  while (!IsRegistered(object)) {
    if (seen == internal::kBeingRegistered) {
      seen = object.id.load(std::memory_order_acquire);
      continue;
    }
    if (!object.id.compare_exchange_weak(seen, internal::kBeingRegistered,
                                         std::memory_order_acquire)) {
      continue;
    }
    const ObjectId id = g_next_object.fetch_add(1, std::memory_order_relaxed);
    ThreadLog& log = Log();
    object.version.store(1, std::memory_order_relaxed);
    object.last_stream = 0;
    Put(log, EventType::kObjectBegin, id, site, true, 1,
        {.operands = {static_cast<std::uint64_t>(kind), detail}});
    object.id.store(id, std::memory_order_release);
    return;
  }
}

void Unregister(Tracked& object, SiteId site) {
  if (!IsRegistered(object)) return;
  OrderedWide(Log(), object, EventType::kObjectEnd, site, {});
  object.id.store(0, std::memory_order_release);
}

void OrderedWide(ThreadLog& log, Tracked& object, EventType type, SiteId site,
                 const Details& details) {
  const Version version = object.version.load(std::memory_order_relaxed) + 1;
  object.version.store(version, std::memory_order_relaxed);
  const ObjectId id = object.id.load(std::memory_order_relaxed);
  const bool written = Put(log, type, id, site, true, version, details);
  object.last_stream = written ? log.stream() : 0;
}

void OrderedAt(ThreadLog& log, Tracked& object, EventType type, SiteId site, Version version,
               const Details& details) {
  Put(log, type, object.id.load(std::memory_order_relaxed), site, true, version, details);
}

void Observed(ThreadLog& log, const Tracked& object, EventType type, SiteId site,
              const Details& details) {
  ObservedAt(log, object, type, site, object.version.load(std::memory_order_acquire), details);
}

void ObservedAt(ThreadLog& log, const Tracked& object, EventType type, SiteId site, Version version,
                const Details& details) {
  Put(log, type, object.id.load(std::memory_order_relaxed), site, true, version, details);
}

void Local(ThreadLog& log, EventType type, std::uint32_t subject, SiteId site,
           const Details& details) {
  Put(log, type, subject, site, NeedsExt(details), 0, details);
}

void LocalText(ThreadLog& log, EventType type, std::uint32_t subject, SiteId site,
               std::string_view text, const Details& details) {
  text = text.substr(0, trace::kMaxTextBytes);
  const std::size_t text_words = (text.size() + 7) / 8;
  std::uint64_t* out = Access::Reserve(log, trace::kMaxPlainWords + 1 + text_words);
  if (out == nullptr) return;
  *out++ = trace::Head(type, NeedsExt(details), site, subject);
  out = PutTail(out, NeedsExt(details), 0, details);
  *out++ = text.size();
  if (text_words != 0) {
    out[text_words - 1] = 0;
    std::memcpy(out, text.data(), text.size());
  }
  Access::Commit(log, out + text_words);
}

TaskId NewTask() { return g_next_task.fetch_add(1, std::memory_order_relaxed); }
TaskId NextTask() { return g_next_task.load(std::memory_order_relaxed); }

void RunTask(ThreadLog& log, TrackedTask& task) {
  // A refill would open the stretch of whoever is current, so nobody is until there is room.
  Access::SetTask(log, nullptr);
  const bool room = On() && Access::Reserve(log, trace::kMaxPlainWords) != nullptr;
  Access::SetTask(log, &task);
  if (room) Access::WriteRun(log);
}

void Access::WriteRun(ThreadLog& log) {
  TrackedTask& task = *log.task_;
  std::uint16_t flags = 0;
  if (task.generation != CurrentGeneration()) {
    // What ran in an earlier recording was not spawned in this one.
    if (task.generation != 0) flags = trace::kFlagRoot;
    task.generation = CurrentGeneration();
    task.run = 0;
  }
  ++task.run;
  Local(log, EventType::kTaskRun, task.id, 0, {.flags = flags, .operands = {task.run, Now()}});
}

void StopTask(ThreadLog& log) {
  const TaskId task = log.task();
  if (task != 0 && On()) Local(log, EventType::kTaskStop, task, 0, {.operands = {Now()}});
  Access::SetTask(log, nullptr);
}

void Time(ThreadLog& log) { Local(log, EventType::kTime, 0, 0, {.operands = {Now()}}); }

std::uint64_t Now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u +
         static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace gordian::recorder
