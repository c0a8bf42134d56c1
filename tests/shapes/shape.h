// What the programs of this directory share: the modes they run in, and the gates that
// force a rare interleaving.
//
// Every file holds one shape of concurrency bug as a small program. `Run(mode)` is
//   kBug    the bug, made to strike: gates hold the tasks where the unlucky schedule has them
//   kClean  the same code under an ordinary schedule in which it does not strike
//   kTwin   the corrected program, held at the same gates
//
// State that goroutines share lives in a shared_ptr that each of them captures, as a task
// that is stuck for ever outlives the function that started it.
#ifndef GORDIAN_TESTS_SHAPES_SHAPE_H_
#define GORDIAN_TESTS_SHAPES_SHAPE_H_

#include <atomic>
#include <source_location>
#include <string_view>

#include "absl/time/time.h"
#include "gordian/gordian.h"

namespace shapes {

using gordian::After;
using gordian::Atomic;
using gordian::Background;
using gordian::CancelFunc;
using gordian::Chan;
using gordian::Cond;
using gordian::Context;
using gordian::Default;
using gordian::Go;
using gordian::Mutex;
using gordian::Once;
using gordian::Panic;
using gordian::Recv;
using gordian::RecvChan;
using gordian::RWMutex;
using gordian::Select;
using gordian::Send;
using gordian::SendChan;
using gordian::Shared;
using gordian::Sleep;
using gordian::Ticker;
using gordian::Timer;
using gordian::Unit;
using gordian::WaitGroup;
using gordian::WithCancel;

enum class Mode { kBug, kClean, kTwin };

// Whether a bug of this shape strikes in every run; then there is no clean one.
enum class Strikes { kAlways, kSometimes };

struct Shape {
  int number;
  std::string_view name;
  Strikes strikes;
  void (*run)(Mode);
};

// Each is defined by its file; shapes.cc lists them all.
extern const Shape kShape01;
extern const Shape kShape02;
extern const Shape kShape03;
extern const Shape kShape04;
extern const Shape kShape05;
extern const Shape kShape06;
extern const Shape kShape07;
extern const Shape kShape08;
extern const Shape kShape09;
extern const Shape kShape10;
extern const Shape kShape11;
extern const Shape kShape12;
extern const Shape kShape13;
extern const Shape kShape14;
extern const Shape kShape15;
extern const Shape kShape16;
extern const Shape kShape17;
extern const Shape kShape18;
extern const Shape kShape19;
extern const Shape kShape20;
extern const Shape kShape21;
extern const Shape kShape22;
extern const Shape kShape23;
extern const Shape kShape24;
extern const Shape kShape25;
extern const Shape kShape26;
extern const Shape kShape27;
extern const Shape kShape28;
extern const Shape kShape29;
extern const Shape kShape30;
extern const Shape kShape31;
extern const Shape kShape32;
extern const Shape kShape33;
extern const Shape kShape34;
extern const Shape kShape35;
extern const Shape kShape36;
extern const Shape kShape37;
extern const Shape kShape38;
extern const Shape kShape39;
extern const Shape kShape40;
extern const Shape kShape41;
extern const Shape kShape42;
extern const Shape kShape43;
extern const Shape kShape44;
extern const Shape kShape45;
extern const Shape kShape46;
extern const Shape kShape47;
extern const Shape kShape48;
extern const Shape kShape49;
extern const Shape kShape50;
extern const Shape kShape51;
extern const Shape kShape52;
extern const Shape kShape53;
extern const Shape kShape54;
extern const Shape kShape55;
extern const Shape kShape56;
extern const Shape kShape57;
extern const Shape kShape58;
extern const Shape kShape59;
extern const Shape kShape60;
extern const Shape kShape61;
extern const Shape kShape62;
extern const Shape kShape63;

// A point that a task passes only after others have opened it. Relaxed atomics and
// sleeps: a gate orders nothing that a detector could see, and so hides no race.
// It is held in the bug and, for a moment, in the twin, where the task it waits for may
// be waiting in turn; in the clean run it stands open.
class Gate {
 public:
  explicit Gate(Mode mode, int openers = 1) : patience_ms_(Patience(mode)), openers_(openers) {}

  void Open() { opened_.fetch_add(1, std::memory_order_relaxed); }

  void Wait() const {
    for (int ms = 0; ms < patience_ms_ && !IsOpen(); ++ms) Sleep(absl::Milliseconds(1));
  }

  // Waits, and then as long again as a task needs to go from Open() into its next wait.
  void WaitAndSettle() const {
    Wait();
    if (patience_ms_ > 0) Sleep(absl::Milliseconds(20));
  }

 private:
  static int Patience(Mode mode) {
    return mode == Mode::kBug ? 5000 : mode == Mode::kTwin ? 30 : 0;
  }
  bool IsOpen() const { return opened_.load(std::memory_order_relaxed) >= openers_; }

  const int patience_ms_;
  const int openers_;
  std::atomic<int> opened_{0};
};

// The ordinary schedule: what was started before has time to finish first.
inline void LetOthersFinish(Mode mode) {
  if (mode == Mode::kClean) Sleep(absl::Milliseconds(30));
}

// Waits for `count` signals, but not for ever: how a test looks after the goroutines it
// started. False where it gave up.
inline bool AwaitAll(const Chan<Unit>& done, int count,
                     absl::Duration limit = absl::Milliseconds(250)) {
  const RecvChan<absl::Time> timeout = After(limit);
  for (int i = 0; i < count; ++i) {
    if (Select(Recv(done), Recv(timeout)) == 1) return false;
  }
  return true;
}

// A number that some code reaches by atomic operations and other code directly. The atomic
// ones are ordered among each other; a direct access is ordered with nothing.
class MixedCounter {
 public:
  explicit MixedCounter(std::string_view name) : value_(0, name) {}

  using Site = std::source_location;

  void AtomicAdd(int delta, Site at = Site::current()) {
    Claim(at);
    value_.Write(value_.Read(at) + delta, at);
    busy_.Store(false, at);
  }
  int AtomicLoad(Site at = Site::current()) {
    Claim(at);
    const int value = value_.Read(at);
    busy_.Store(false, at);
    return value;
  }
  int PlainRead(Site at = Site::current()) const { return value_.Read(at); }
  void PlainAdd(int delta, Site at = Site::current()) { value_.Write(value_.Read(at) + delta, at); }

 private:
  void Claim(Site at) {
    while (!busy_.CompareAndSwap(false, true, at)) gordian::Gosched();
  }

  Atomic<bool> busy_{false};
  Shared<int> value_;
};

}  // namespace shapes

#endif  // GORDIAN_TESTS_SHAPES_SHAPE_H_
