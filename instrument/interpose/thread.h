// The calling thread as the hooks see it, and the door that every hook passes.
//
//   Recording recording;
//   if (recording) recording.… recorder::Ordered(recording.log(), …)
//
// While a `Recording` lives its thread is *busy*: whatever is called from inside (a signal
// handler, an allocator's lock) passes through unrecorded, or is put off until it is over (what
// a handler gives to others). None lives across a blocking call.
// A thread that nobody saw created becomes a task at its first hook; after its end (the
// last rounds of its key destructors) nothing of it is recorded.
//
// A hook ends its thread's access epoch (see hooks.h), unless it says that it releases nothing.
//
// As the guest of a program's own recorder (instrument/recorder/guest.h) a hook asks the host at
// each time who runs; threads, their stacks and futexes are then the host's business.
//
// Cost      one thread-local load and a store; nothing where the process is not recorded.
// Limits    errno is the program's: it is put back.
#ifndef GORDIAN_INSTRUMENT_INTERPOSE_THREAD_H_
#define GORDIAN_INSTRUMENT_INTERPOSE_THREAD_H_

#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "instrument/hooks/hooks.h"
#include "instrument/interpose/function_ref.h"
#include "instrument/interpose/waits.h"
#include "instrument/recorder/guest.h"
#include "instrument/recorder/recorder.h"

extern "C" {
[[gnu::visibility("default"), gnu::tls_model("initial-exec")]]
extern constinit thread_local gordian::hooks::Filter gordian_filter;
}

namespace gordian::interpose {

class AccessSites;
class SiteCache;
struct Fiber;

enum class Epoch : bool { kEnds, kGoesOn };
// kAtomic: of an operation on an atomic, which orders.
enum class Hook : std::uint8_t { kCall, kAccess, kAtomic };
enum class WaitIsOver { kNow };

// Identical failing attempts in a row, written as one event.
struct FailedAttempts {
  trace::ObjectId object = 0;
  trace::SiteId site = 0;
  trace::Version version = 0;
  std::uint64_t count = 0;  // not yet written
};

// The last few Onces that the thread has seen done.
class OnceSeenCache {
 public:
  // False where it is among them already.
  bool Add(trace::ObjectId once) {
    trace::ObjectId& slot = seen_[once % kSlots];
    return std::exchange(slot, once) != once;
  }

 private:
  static constexpr std::size_t kSlots = 8;
  std::array<trace::ObjectId, kSlots> seen_{};
};

// What the thread's last atomic loads have seen.
class LoadCache {
 public:
  // Whether an equal or stronger load of the variable has seen this version in this epoch.
  bool Has(std::uint32_t variable, trace::Version version, int order, std::uint64_t epoch) const {
    const Load& last = loads_[variable % kSlots];
    return last.variable == variable && last.version == version && last.epoch == epoch &&
           last.order >= order;
  }
  void Add(std::uint32_t variable, trace::Version version, int order, std::uint64_t epoch) {
    loads_[variable % kSlots] = {version, epoch, variable, order};
  }

 private:
  static constexpr std::size_t kSlots = 16;
  struct Load {
    trace::Version version = 0;
    std::uint64_t epoch = 0;
    std::uint32_t variable = 0;
    int order = 0;
  };
  std::array<Load, kSlots> loads_{};
};

// What a handler that interrupts a hook gives, as soon as the hook is over.
class PutOff {
 public:
  using Action = void (*)(void*);

  bool empty() const { return count_.load(std::memory_order_relaxed) == 0; }
  // False where there is no room. The place is taken first: another handler may interrupt this one.
  bool Add(Action action, void* argument) {
    const unsigned at = count_.load(std::memory_order_relaxed);
    if (at == kMost) return false;
    count_.store(at + 1, std::memory_order_relaxed);
    calls_[at] = {action, argument};
    return true;
  }
  // More may come while they are done.
  void Do() {
    for (unsigned left; (left = count_.load(std::memory_order_relaxed)) != 0;) {
      count_.store(left - 1, std::memory_order_relaxed);
      const Call call = calls_[left - 1];
      call.action(call.argument);
    }
  }

 private:
  static constexpr unsigned kMost = 8;
  struct Call {
    Action action = nullptr;
    void* argument = nullptr;
  };
  std::atomic<unsigned> count_{0};
  std::array<Call, kMost> calls_{};
};

// What the program has asked not to be told of, and how many times over.
struct Ignored {
  std::uint16_t accesses = 0;  // to plain memory
  std::uint16_t order = 0;     // atomics
};

struct ThreadState {
  recorder::ThreadLog* log = nullptr;  // nullptr: not adopted yet
  int* error = nullptr;                // this thread's errno
  pid_t os_thread = 0;
  bool busy = false;
  bool waits = false;           // as `request` says
  bool waits_inside = false;    // in a lock of the program's own making: that is told as one wait
  bool skips_accesses = false;  // of instrumented code (recorder::Sight)
  Ignored ignored;
  bool joins = false;  // the C library frees the memory of the thread that it waits for
  bool ended = false;
  std::uint64_t last_tick = 0;   // of the processor's clock, when the time was last written
  std::uint8_t exit_rounds = 0;  // of its key destructors
  recorder::TrackedTask task;    // its own
  Fiber* fiber = nullptr;        // that runs on it; nullptr: its own task
  Fiber* own_fiber = nullptr;    // how the program calls its own task; nullptr: it has not
  PutOff put_off;
  Request request;
  std::uintptr_t request_frame = 0;
  FailedAttempts attempts;
  OnceSeenCache once_seen;
  LoadCache loads;
  SiteCache* sites = nullptr;
  AccessSites* access_sites = nullptr;  // made at the first access
  std::uintptr_t stack_begin = 0;       // 0: not known
  std::uintptr_t stack_end = 0;         // 0: not known yet
  ThreadState* next = nullptr;          // in the list of those that are recorded
  ThreadState* previous = nullptr;

  bool Skips(Hook hook) const {
    if (hook == Hook::kCall) return false;
    return skips_accesses || (hook == Hook::kAccess ? ignored.accesses : ignored.order) != 0;
  }
};

// Whether the program has instrumented code: it then tells of its memory.
extern constinit std::atomic<bool> g_instrumented;

// What the thread accesses from here on is recorded again.
void EmptyFilter();
inline void EndEpoch() {
  gordian_filter.epoch += std::uint64_t{1} << hooks::kEpochShift;
  if ((gordian_filter.epoch & hooks::kWriteBit) != 0) [[unlikely]]
    EmptyFilter();
}

[[gnu::tls_model("initial-exec")]] extern constinit thread_local ThreadState t_thread;

// From here on a handler of this thread finds it in a hook, and no longer.
inline void BeBusy(ThreadState& thread) {
  thread.busy = true;
  std::atomic_signal_fence(std::memory_order_seq_cst);
}
inline void BeFree(ThreadState& thread) {
  std::atomic_signal_fence(std::memory_order_seq_cst);
  thread.busy = false;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  if (!thread.put_off.empty()) [[unlikely]]
    thread.put_off.Do();
}

// Makes the calling thread a task: `task`, or a new one. In a guest, what the host runs on it.
// False after its end.
bool Adopt(ThreadState& thread, trace::TaskId task);

// Whether it is for this recorder to follow threads, their stacks and what they do to futexes.
inline bool FollowsThreads() { return recorder::On() && !recorder::IsGuest(); }

// The thread's key destructors are over. Called by itself.
void EndThread(ThreadState& thread);

// In a forked child: its one thread is the only one there is.
void ForgetOtherStates(ThreadState& own);

// Calls `visit` with every thread that is recorded, none of which can end meanwhile. What is read
// of a thread may change while it is read.
void ForEachThread(FunctionRef<void(const ThreadState&)> visit);

// Prepares the process (start.cc).
void MakeThreadKey();

class Recording {
 public:
  explicit Recording(Epoch epoch = Epoch::kEnds, Hook hook = Hook::kCall) : epoch_(epoch) {
    Open(hook);
    if (thread_ == nullptr || !thread_->waits) [[likely]]
      return;
    interrupts_ = GiveUpForHandler(*thread_);
  }
  // Behind a wait: what it was over with is written next.
  explicit Recording(WaitIsOver) : epoch_(Epoch::kEnds) {
    Open(Hook::kCall);
    if (thread_ == nullptr || !thread_->waits) return;
    thread_->waits = false;
    recorder::Time(*thread_->log);
  }
  ~Recording() {
    if (thread_ == nullptr) return;
    if (interrupts_) [[unlikely]]
      AskAgain(*thread_);
    if (epoch_ == Epoch::kEnds) EndEpoch();
    if (recorder::IsGuest()) [[unlikely]]
      thread_->log = nullptr;  // another task may run next
    *thread_->error = errno_before_;
    BeFree(*thread_);
  }
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;

  explicit operator bool() const { return thread_ != nullptr; }
  ThreadState& thread() const { return *thread_; }
  recorder::ThreadLog& log() const { return *thread_->log; }
  trace::TaskId task() const { return thread_->log->task(); }

 private:
  void Open(Hook hook) {
    if (!recorder::On()) [[unlikely]]
      return;
    ThreadState& thread = t_thread;
    if (thread.busy || thread.waits_inside || thread.Skips(hook)) [[unlikely]]
      return;
    BeBusy(thread);
    if (thread.log == nullptr) [[unlikely]] {
      if (!Adopt(thread, 0)) {
        BeFree(thread);
        return;
      }
    }
    thread_ = &thread;
    errno_before_ = *thread.error;
  }

  ThreadState* thread_ = nullptr;
  const Epoch epoch_;
  bool interrupts_ = false;  // a wait, that goes on
  int errno_before_ = 0;
};

}  // namespace gordian::interpose

#endif  // GORDIAN_INSTRUMENT_INTERPOSE_THREAD_H_
