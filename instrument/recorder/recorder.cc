#include "instrument/recorder/recorder.h"

#include <time.h>

#include <cstring>

#include "instrument/recorder/attach.h"
#include "instrument/recorder/guest.h"
#include "instrument/recorder/internal.h"

namespace gordian::recorder {
namespace {

std::atomic<TaskId> g_next_task{1};
std::atomic<ObjectId> g_next_object{1};

// In a guest, the host's numbers go on.
ObjectId NewObject() {
  const Host* host = internal::TheHost();
  std::atomic<ObjectId>& next = host != nullptr ? *host->next_object : g_next_object;
  return next.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

namespace internal {
// Keeps attach.cc, and with it the constructor that starts the recording, in a static link.
[[gnu::used]] void (*const g_keep_attach)() = &AttachAtStart;

std::atomic<bool> g_on{false};
std::atomic<ObjectId> g_first_object{1};

std::atomic<ObjectId>& NextObject() { return g_next_object; }

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
    const ObjectId id = NewObject();
    ThreadLog& log = Log();
    object.version.store(1, std::memory_order_relaxed);
    object.last_stream = 0;
    internal::Put(log, EventType::kObjectBegin, id, site, true, 1,
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

void LocalText(ThreadLog& log, EventType type, std::uint32_t subject, SiteId site,
               std::string_view text, const Details& details) {
  text = text.substr(0, trace::kMaxTextBytes);
  const std::size_t text_words = (text.size() + 7) / 8;
  std::uint64_t* out = Access::Reserve(log, trace::kMaxPlainWords + 1 + text_words);
  if (out == nullptr) return;
  *out++ = trace::Head(type, internal::NeedsExt(details), site, subject);
  out = internal::PutTail(out, internal::NeedsExt(details), 0, details);
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
  EndGuestEpoch();
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
