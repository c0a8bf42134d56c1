// Runs a random program on the library until nothing moves any more, and keeps its own account.
//
//   auto& execution = *new Execution(program);   // leaked: stuck goroutines refer to it
//   execution.Run();
//   execution.StuckAt(0);                        // the operation that goroutine 0 stands in
//
// The account comes from what each goroutine says before and after each operation, never
// from the recording: it is what the recording is compared with.
//
// Locking  each goroutine writes its own account; read it when Run() has returned.
#ifndef GORDIAN_TESTS_RANDOM_EXECUTION_H_
#define GORDIAN_TESTS_RANDOM_EXECUTION_H_

#include <atomic>
#include <cstddef>
#include <deque>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gordian/chan.h"
#include "gordian/mutex.h"
#include "gordian/rwmutex.h"
#include "gordian/wait_group.h"
#include "tests/random/program.h"

namespace gordian::testing {

class Execution {
 public:
  explicit Execution(const Program& program);

  // Starts the goroutines and returns once each has ended or is parked and none will be woken.
  // False where that does not come within a minute.
  bool Run();

  // The same, but this thread waits meanwhile, for what nobody will give it. Once nothing moves any
  // more, `at_standstill` is called, on a thread of its own, and this thread's wait is ended.
  void RunWhileMainWaits(std::function<void()> at_standstill);

  // Takes those that did not end out of play.
  static void Freeze();

  const Program& program() const { return program_; }
  bool Ended(std::size_t goroutine) const { return accounts_[goroutine].ended.load(); }
  // The operation that it began and did not complete; nullptr where it ended.
  const Op* StuckAt(std::size_t goroutine) const;
  // What it took and did not release: the lock's name, and whether shared.
  std::multiset<std::pair<std::string, bool>> Held(std::size_t goroutine) const;
  int Elements(std::size_t channel) const;
  bool Closed(std::size_t channel) const;
  int Count(std::size_t group) const;

  // Whether what `goroutine` stands in could be done now, by the rules of the operation alone.
  bool CouldGoOn(std::size_t goroutine) const;

 private:
  enum class Outcome : std::uint8_t { kDone, kClosed, kPanicked };

  struct Account {
    std::atomic<std::size_t> begun{0};
    std::atomic<std::size_t> completed{0};
    std::atomic<bool> ended{false};
    std::vector<Outcome> outcomes;  // of the completed operations
  };

  void Start();
  void Live(std::size_t goroutine);
  Outcome Perform(const Op& op);
  void PerformOnLock(const Op& op);
  int Happened(Do what, std::size_t object) const;  // how often it was done, by all
  bool SomebodyStandsIn(Do what, std::size_t object) const;
  bool IsHeld(std::size_t lock, bool shared) const;

  const Program program_;
  std::deque<Mutex> mutexes_;  // one of each kind for each lock; one of them is used
  std::deque<RWMutex> rw_mutexes_;
  std::deque<Chan<int>> channels_;
  std::deque<WaitGroup> groups_;
  std::deque<Account> accounts_;
};

}  // namespace gordian::testing

#endif  // GORDIAN_TESTS_RANDOM_EXECUTION_H_
