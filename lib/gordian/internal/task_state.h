// A task: a goroutine or a plain thread, as the scheduler keeps it.
//
// A goroutine's Task lies at the top of its own stack, so that an idle goroutine costs
// one page; a thread's is kept in a list of its own. Neither is ever freed, only
// reused: a waker may look at a Task that has just ended.
#ifndef GORDIAN_LIB_INTERNAL_TASK_STATE_H_
#define GORDIAN_LIB_INTERNAL_TASK_STATE_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <source_location>
#include <string_view>

#include "absl/functional/any_invocable.h"
#include "gordian/internal/context.h"
#include "gordian/internal/futex.h"
#include "gordian/internal/stacks.h"
#include "gordian/internal/task.h"
#include "instrument/recorder/recorder.h"
#include "instrument/schedule/policy.h"

namespace gordian::internal {

// Where a task stands between Park and Wake. Both sides take one atomic step:
//   Park  idle → parked     the task is off its stack (or about to sleep) and may be woken
//         notified → idle   it was woken before it got there, and goes on
//   Wake  parked → …        the waker makes it runnable
//         idle → notified   it will find out
enum ParkWord : std::uint32_t { kIdle = 0, kParked = 1, kNotified = 2, kFrozen = 3 };

enum class Life : std::uint8_t { kUnused, kLive, kFrozen, kEnded };

// Identical failing attempts that are not in the trace yet.
struct FailedAttempts {
  trace::ObjectId object = 0;
  trace::Version version = 0;
  trace::SiteId site = 0;
  std::uint32_t count = 0;
  std::uintptr_t poll = 0;  // the place of a select that took its default; 0: no select
};

// How far a thread's joiner and its end have come; see threads.h.
enum JoinWord : std::uint32_t { kNotJoined, kJoinerSleeps, kEnded };

// A task's place in a controlled schedule.
struct Turn : schedule::Controlled {
  Task* task = nullptr;
  Signal signal;  // of a task with a thread of its own: it is granted
};

class Labels;

class Task {
 public:
  explicit Task(trace::TaskKind of) : kind(of) {
    turn.task = this;
    name[0] = '\0';
  }

  void SetName(std::string_view text) { name[text.copy(name.data(), name.size() - 1)] = '\0'; }

  recorder::TrackedTask tracked;  // its id is 0 until the first event that needs it
  trace::TaskKind kind;
  std::atomic<Life> life{Life::kUnused};
  bool bound = false;                 // has an OS thread of its own: a thread, or LockOSThread
  bool unwind = false;                // its Park is to throw (freeze.h)
  bool unwinding = false;             // it has thrown: what it still unlocks may not be locked
  std::atomic<bool> blocking{false};  // in a blocking call (blocking_call.h)
  std::atomic<std::uint32_t> park{kIdle};

  // Of the wait it stands in; meaningful while parked.
  std::atomic<Waiter*> waiting{nullptr};
  SpinLock* waiting_lock = nullptr;
  // The same for a dump, which reads them at any time: texts that are kept for ever.
  std::atomic<const char*> waits_to{nullptr};
  std::atomic<const char*> waits_on{nullptr};  // the object's name, where it has one
  std::atomic<std::source_location> waits_at{};
  std::atomic<bool> joins{false};  // asleep until a thread ends

  Task* next = nullptr;      // in the run queue or free list it is in
  Task* all_next = nullptr;  // among all goroutines, or all threads, ever made
  Context context;
  Stack stack;
  std::uintptr_t stack_top = 0;  // of a thread, once known
  absl::AnyInvocable<void()> body;
  std::source_location spawned_at;
  std::array<char, 48> name;  // as much of it as fits; "": it has none
  Labels* labels = nullptr;   // labels.h
  FailedAttempts attempts;
  std::uint32_t lock_depth = 0;  // calls of LockOSThread

  // Of a thread.
  std::atomic<std::uint32_t> parties{0};  // its thread and its handle: who still refers to it
  std::atomic<std::uint32_t> join{kNotJoined};
  Task* joiner = nullptr;  // that sleeps

  Turn turn;
};

inline bool IsGoroutine(const Task& task) { return task.stack.bottom != nullptr; }

// The task that runs on this thread, or nullptr where the thread has none yet.
[[gnu::noinline]] Task* CurrentTaskOrNull();
[[gnu::noinline]] void SetCurrentTask(Task* task);

// Wake, where the caller has claimed the wait by other means.
void WakeTask(Task& task);

}  // namespace gordian::internal

#endif  // GORDIAN_LIB_INTERNAL_TASK_STATE_H_
