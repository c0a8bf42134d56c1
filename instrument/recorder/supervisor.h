// Records the processes of one `gordian run`: hands each a region, drains it, notices
// its end.
//
//   std::string error;
//   auto supervisor = Supervisor::Start(paths, error);
//   setenv(kSupervisorVariable, supervisor->address().c_str(), 1);  // for the program
//   … while it runs: Watch() the descriptors, Handle() what is ready …
//
// A thread of its own drains: it sleeps on a futex that full chunks ring, so that an idle
// program costs ten wake-ups a second, a busy one a wake-up per 256 KiB.
//
// Locking   all methods from one thread; the draining thread shares the list of
//           processes under a lock.
// Limits    only processes of the same user (or root's) are served.
#ifndef GORDIAN_INSTRUMENT_RECORDER_SUPERVISOR_H_
#define GORDIAN_INSTRUMENT_RECORDER_SUPERVISOR_H_

#include <poll.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "instrument/recorder/recorded_process.h"

namespace gordian::recorder {

class Supervisor {
 public:
  using Processes = std::vector<std::shared_ptr<RecordedProcess>>;
  // The trace of a process that has just said hello, the `index`-th.
  using TracePath =
      std::function<std::string(const RecordedProcess::Identity& process, std::size_t index)>;

  // nullptr with `error` where the machine has no descriptors or memory for it.
  static std::unique_ptr<Supervisor> Start(TracePath trace_path, std::string& error);
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;
  // Ends the draining thread. Processes that still run lose what they record from now on.
  ~Supervisor();

  // The value of kSupervisorVariable.
  const std::string& address() const { return address_; }

  // Appends what is to be polled for reading.
  void Watch(std::vector<pollfd>& descriptors) const;
  // Admits processes that ask, finishes those that have ended.
  void Handle(std::span<const pollfd> descriptors);

  // Every process that ever attached, in order.
  const Processes& processes() const { return processes_; }
  // How many could not be recorded, for lack of memory or descriptors.
  std::uint32_t refused() const { return refused_; }

 private:
  Supervisor() = default;
  bool Listen(std::string& error);
  void Admit();
  void DrainLoop();

  TracePath trace_path_;
  std::string address_;
  int listener_ = -1;
  int doorbell_fd_ = -1;
  Doorbell* doorbell_ = nullptr;
  std::mutex mutex_;  // guards writes to processes_, and the drainer's reads
  Processes processes_;
  std::uint32_t refused_ = 0;
  std::atomic<bool> stop_{false};
  std::thread drainer_;
};

}  // namespace gordian::recorder

#endif  // GORDIAN_INSTRUMENT_RECORDER_SUPERVISOR_H_
