#include "instrument/interpose/lock_events.h"

#include <algorithm>
#include <deque>

#include "instrument/interpose/fiber.h"
#include "instrument/interpose/spin.h"

namespace gordian::interpose {

using trace::EventType;

namespace {

constexpr std::uint64_t kAttemptsPerRecord = 64;

// About a millisecond, or less.
constexpr std::uint64_t kTicksPerTime = std::uint64_t{1} << 21;

std::uint64_t Ticks() {
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();
#else
  return recorder::Now() * 2;
#endif
}

// How long a lock is held is told to the millisecond, for the price of the processor's own clock.
void TellTime(Recording& recording) {
  const std::uint64_t now = Ticks();
  std::uint64_t& last = recording.thread().last_tick;
  if (now - last < kTicksPerTime) [[likely]]
    return;
  last = now;
  recorder::Time(recording.log());
}

std::uint64_t Number(trace::MisuseKind what) { return static_cast<std::uint64_t>(what); }

// So that it can be called by the variable that it lies in. A key that is no address says nothing.
void TellPlace(Recording& recording, const Object& object) {
  // What a program calls a lock lies where it says.
  constexpr std::uint64_t kLockBit = std::uint64_t{1} << static_cast<unsigned>(KeySpace::kLock);
  const std::uint64_t address = object.address.load(std::memory_order_relaxed) & ~kLockBit;
  constexpr unsigned kFirstKeyBit = static_cast<unsigned>(KeySpace::kFile);
  if (address >> kFirstKeyBit != 0) return;
  recorder::Local(recording.log(), EventType::kObjectAt,
                  object.tracked.id.load(std::memory_order_relaxed), 0,
                  {.operands = {address, std::uint64_t{0}}});
}

// A forked child has its parent's locks as they were, but not the threads that held them. Whatever
// the present recording has not met and has a holder is such a one.
trace::TaskId HolderLeftBehind(const Recording& recording, const Object& lock) {
  if (recorder::IsRegistered(lock.tracked)) return 0;
  const trace::TaskId holder = lock.holder.load(std::memory_order_relaxed);
  return holder == recording.task() ? 0 : holder;
}

// Those that the recording has been told of. A child that forks has them as well.
struct LeftBehind {
  SpinLock lock;
  std::deque<recorder::TrackedTask> tasks;

  recorder::TrackedTask& Of(trace::TaskId id) {
    const auto found = std::ranges::find(tasks, id, &recorder::TrackedTask::id);
    if (found != tasks.end()) return *found;
    return tasks.emplace_back(recorder::TrackedTask{.id = id});
  }
};

// The holder has a stretch of its own in which it locks, and never goes on.
void HeldByWhoIsNotHere(Recording& recording, Object& lock, trace::TaskId holder) {
  static LeftBehind& left = *new LeftBehind;
  recorder::ThreadLog& log = recording.log();
  SpinGuard guard(left.lock);
  recorder::TrackedTask& task = left.Of(holder);
  if (task.generation != recorder::CurrentGeneration()) {
    const auto kind = static_cast<std::uint64_t>(trace::TaskKind::kThread);
    recorder::LocalText(log, EventType::kTaskSpawn, holder, 0, "a thread of the parent process",
                        {.operands = {kind}});
    task.generation = 0;
  }
  recorder::RunTask(log, task);
  recorder::Ordered(log, lock.tracked, EventType::kLock, 0);
  recorder::Local(log, EventType::kTaskFrozen, holder, 0);
  recorder::RunTask(log, RunningTask(recording.thread()));
}

}  // namespace

void Enter(Recording& recording, Object& object, trace::SiteId site) {
  if (recorder::IsRegistered(object.tracked)) [[likely]]
    return;
  object.holder.store(0, std::memory_order_relaxed);
  object.count.store(0, std::memory_order_relaxed);
  recorder::Register(object.tracked, object.kind, object.detail, site);
  TellPlace(recording, object);
}

void LockRequested(Recording& recording, Object& lock, Mode mode, trace::SiteId site, bool timed) {
  const trace::TaskId left = HolderLeftBehind(recording, lock);
  Enter(recording, lock, site);
  if (left != 0) HeldByWhoIsNotHere(recording, lock, left);
  Ask(recording,
      {.type = mode == Mode::kShared ? EventType::kRLockRequest : EventType::kLockRequest,
       .object = &lock,
       .site = site,
       .flags = TimedFlag(timed)});
}

void WaitEnded(Recording& recording, Object& object, trace::SiteId site, trace::WaitEndReason why) {
  recorder::Local(recording.log(), EventType::kWaitEnd,
                  object.tracked.id.load(std::memory_order_relaxed), site,
                  {.operands = {static_cast<std::uint64_t>(why)}});
}

// The first of a row of identical attempts is written at once, the rest in counts.
void TryFailed(Recording& recording, Object& lock, Mode mode, trace::SiteId site) {
  Enter(recording, lock, site);
  FailedAttempts& last = recording.thread().attempts;
  const trace::ObjectId id = lock.tracked.id.load(std::memory_order_relaxed);
  const trace::Version version = lock.tracked.version.load(std::memory_order_acquire);
  const bool same = last.object == id && last.version == version && last.site == site;
  if (same && ++last.count < kAttemptsPerRecord) return;
  const std::uint64_t count = same ? last.count : 1;
  last = {.object = id, .site = site, .version = version, .count = 0};
  recorder::ObservedAt(recording.log(), lock.tracked,
                       mode == Mode::kShared ? EventType::kTryRLockFail : EventType::kTryLockFail,
                       site, version, {.flags = trace::kFlagTry, .operands = {count}});
}

void Misused(Recording& recording, Object& object, trace::MisuseKind what, trace::SiteId site) {
  Enter(recording, object, site);
  recorder::Observed(recording.log(), object.tracked, EventType::kMisuse, site,
                     {.operands = {Number(what)}});
}

void Locked(Recording& recording, Object& lock, trace::SiteId site, std::uint16_t flags) {
  Enter(recording, lock, site);
  TellTime(recording);
  if (lock.holder.load(std::memory_order_relaxed) == recording.task()) [[unlikely]] {
    lock.count.fetch_add(1, std::memory_order_relaxed);
  } else {
    lock.holder.store(recording.task(), std::memory_order_relaxed);
    lock.count.store(1, std::memory_order_relaxed);
  }
  if (flags == 0) [[likely]] {
    recorder::Ordered(recording.log(), lock.tracked, EventType::kLock, site);
  } else {
    recorder::OrderedWide(recording.log(), lock.tracked, EventType::kLock, site, {.flags = flags});
  }
}

bool Unlocking(Recording& recording, Object& lock, trace::SiteId site) {
  if (!recorder::IsRegistered(lock.tracked)) return false;
  const std::uint32_t count = lock.count.load(std::memory_order_relaxed);
  if (count == 0) return false;
  TellTime(recording);
  lock.count.store(count - 1, std::memory_order_relaxed);
  if (count == 1) lock.holder.store(0, std::memory_order_relaxed);
  recorder::Ordered(recording.log(), lock.tracked, EventType::kUnlock, site);
  return true;
}

void HolderDied(Recording& recording, Object& lock, trace::SiteId site) {
  const trace::TaskId holder = lock.holder.load(std::memory_order_relaxed);
  if (holder == 0 || !recorder::IsRegistered(lock.tracked)) return;
  lock.holder.store(0, std::memory_order_relaxed);
  lock.count.store(0, std::memory_order_relaxed);
  recorder::OrderedWide(recording.log(), lock.tracked, EventType::kUnlock, site,
                        {.for_task = holder});
}

void LockedShared(Recording& recording, Object& lock, Mode mode, trace::SiteId site,
                  std::uint16_t flags) {
  Enter(recording, lock, site);
  TellTime(recording);
  lock.count.fetch_add(1, std::memory_order_relaxed);
  Step(recording, lock, mode == Mode::kShared ? EventType::kRLock : EventType::kLock, site,
       {.flags = flags});
}

void UnlockingShared(Recording& recording, Object& lock, Mode mode, trace::SiteId site) {
  if (!recorder::IsRegistered(lock.tracked)) return;
  // Those who locked it before the recording began are not in it.
  std::uint32_t count = lock.count.load(std::memory_order_relaxed);
  do {
    if (count == 0) return;
  } while (!lock.count.compare_exchange_weak(count, count - 1, std::memory_order_relaxed));
  TellTime(recording);
  Step(recording, lock, mode == Mode::kShared ? EventType::kRUnlock : EventType::kUnlock, site);
}

void Step(Recording& recording, Object& object, trace::EventType type, trace::SiteId site,
          const recorder::Details& details) {
  Enter(recording, object, site);
  const trace::Version version = object.tracked.version.fetch_add(1, std::memory_order_acq_rel) + 1;
  recorder::OrderedAt(recording.log(), object.tracked, type, site, version, details);
}

}  // namespace gordian::interpose
