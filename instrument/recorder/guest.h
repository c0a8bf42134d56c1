// Two recorders in one process: the program was built with the library, whose recorder records, and
// stands on a preloaded one, which sees what else it does: its POSIX locks and, where it was built
// with the compiler pass, its memory. The program's is the *host*: it keeps the tasks, the buffers
// and the numbers. The preloaded one is its *guest*: its hooks write into the host's buffers, in
// the name of the task that runs.
//
// The two are joined by tables of functions, at start and for good. What is laid out alike in both
// (a thread's log, a tracked object) is touched by either; a host of another layout is refused.
//
// Locking   none: the host joins before there is a second thread.
// Cost      without a guest, one load and a branch where a hook begins.
#ifndef GORDIAN_INSTRUMENT_RECORDER_GUEST_H_
#define GORDIAN_INSTRUMENT_RECORDER_GUEST_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "instrument/recorder/recorder.h"

namespace gordian::recorder {

// What runs on the calling thread.
struct Stretch {
  ThreadLog* log = nullptr;      // nullptr: nothing of the program
  std::uintptr_t stack_end = 0;  // the first byte above the task's stack
};

struct Host {
  std::uint64_t layout = 0;
  std::atomic<ObjectId>* next_object = nullptr;
  Stretch (*stretch)() = nullptr;
  bool (*refill)(ThreadLog& log, std::size_t words) = nullptr;
  SiteId (*stack)(ThreadLog& log, std::span<const std::uintptr_t> addresses) = nullptr;
};

// How much a guest sees of a thread.
enum class Sight : std::uint8_t {
  kAll,
  kNoAccesses,  // neither plain memory nor atomics; what is allocated and freed it does
  kNothing,
};

struct Guest {
  // A recording begins, whose objects are those from here on; and ends.
  void (*began)(ObjectId first_object) = nullptr;
  void (*ended)() = nullptr;
  // Of the calling thread no more than this, from here on. Returns what it was.
  Sight (*lower_sight)(Sight to) = nullptr;
  void (*restore_sight)(Sight to) = nullptr;
  // What the calling thread accesses from here on is recorded again (hooks.h).
  void (*end_epoch)() = nullptr;
  // The running task's stack, used before by others.
  void (*stack_began)(std::uintptr_t begin, std::size_t bytes) = nullptr;
  void (*stack_ended)(std::uintptr_t begin, std::size_t bytes) = nullptr;
};

// The function by which a guest is asked in; its type is `const Guest*(const Host*)`.
inline constexpr char kGuestJoins[] = "gordian_guest_joins";

// Asks the preloaded recorder in, if there is one.
// `stretch` says what runs on a thread.
void InviteGuest(Stretch (*stretch)());

// In the guest: from here on it writes through `host`. False where that was built differently.
bool BecomeGuest(const Host& host);
void BeginAsGuest(ObjectId first_object);
void EndAsGuest();

namespace internal {
extern constinit std::atomic<const Guest*> g_guest;  // of this host
extern constinit std::atomic<const Host*> g_host;    // of this guest
inline const Guest* TheGuest() { return g_guest.load(std::memory_order_relaxed); }
inline const Host* TheHost() { return g_host.load(std::memory_order_relaxed); }
}  // namespace internal

inline bool HasGuest() { return internal::TheGuest() != nullptr; }
inline bool IsGuest() { return internal::TheHost() != nullptr; }

// The host's hooks pass on what they do: the thread's access epoch ends here.
inline void EndGuestEpoch() {
  if (const Guest* guest = internal::TheGuest(); guest != nullptr) [[unlikely]]
    guest->end_epoch();
}

// While it lives, a guest does not see what the library itself does on the thread: its locks, its
// tables, and the elements that it keeps under locks of its own. No task is switched away
// meanwhile.
class Unseen {
 public:
  explicit Unseen(Sight sight = Sight::kNothing) : guest_(internal::TheGuest()) {
    if (guest_ != nullptr) [[unlikely]]
      was_ = guest_->lower_sight(sight);
  }
  ~Unseen() {
    if (guest_ != nullptr) [[unlikely]]
      guest_->restore_sight(was_);
  }
  Unseen(const Unseen&) = delete;
  Unseen& operator=(const Unseen&) = delete;

 private:
  const Guest* guest_;
  Sight was_ = Sight::kAll;
};

class UnseenAccesses : public Unseen {
 public:
  UnseenAccesses() : Unseen(Sight::kNoAccesses) {}
};

}  // namespace gordian::recorder

#endif  // GORDIAN_INSTRUMENT_RECORDER_GUEST_H_
