// Follows one recorded process with the analyses while it runs, in a thread of its own.
//
// The thread reads behind the recording at low priority. When the process has been quiet for
// a while it is asked whether the process can ever go on; now and then, whether some of its tasks
// cannot, while others do; in the end, for the verdict.
//
// Locking   methods from one thread (the run loop); none of them waits but Finish().
#ifndef GORDIAN_TOOLS_RUN_PROCESS_WATCH_H_
#define GORDIAN_TOOLS_RUN_PROCESS_WATCH_H_

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "detector/finding/finding.h"
#include "detector/symbols/symbolizer.h"
#include "instrument/recorder/recorded_process.h"
#include "tools/run/deadlocked_test.h"
#include "tools/run/follower.h"
#include "tools/run/look_schedule.h"

namespace gordian::tools {

struct WatchSettings {
  detector::Limits limits;
  std::uint64_t max_size = 0;  // bytes of the trace that are kept; 0: all
  // Told of what is deadlocked while the process runs on, on the watch's own thread.
  std::function<void(detector::Pipeline&, std::vector<detector::Finding>)> on_deadlock;
};

class ProcessWatch {
 public:
  using Clock = std::chrono::steady_clock;

  ProcessWatch(std::shared_ptr<recorder::RecordedProcess> process, const WatchSettings& settings);
  ProcessWatch(const ProcessWatch&) = delete;
  ProcessWatch& operator=(const ProcessWatch&) = delete;
  ~ProcessWatch();

  recorder::RecordedProcess& process() { return *process_; }

  // Looks at the process; called every few ten milliseconds.
  void Tick(Clock::time_point now);
  // It stands still and can never go on: its findings so far say why. A process that ends its own
  // tests is told so, and counts as stuck only where that has not helped.
  bool IsStuck(Clock::time_point now);

  // The recording is over: reads the rest of it, in the calling thread and so at its
  // priority, and judges.
  void Finish();

  // After Finish().
  std::vector<detector::Finding>& findings() { return findings_; }
  const absl::Status& status() const { return status_; }
  detector::Pipeline& pipeline() { return follower_.pipeline(); }

 private:
  void Work();
  void TakeOver();  // ends the thread where it is
  bool IsLookDue(Clock::time_point now, std::uint64_t activity);
  void Look();
  void TellTime();
  bool CanGoOn() const;
  bool IsHung();
  void TellHang(const std::string& why);
  void Judge(detector::CutKind kind);

  const std::shared_ptr<recorder::RecordedProcess> process_;
  const WatchSettings settings_;
  // Of the run loop alone.
  std::uint64_t activity_ = 0;
  Clock::time_point quiet_since_ = Clock::now();
  bool asked_ = false;

  std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  std::uint64_t readable_ = 0;  // bytes of the trace
  bool judge_ = false;          // asked whether it stands still
  LookSchedule looks_;          // for deadlocks among some of its tasks
  std::optional<Clock::time_point> stuck_at_;
  bool stop_ = false;

  std::atomic<bool> hand_over_{false};  // the thread is to stop where it is

  // Of the thread; of the run loop after Finish().
  detector::Symbolizer symbolizer_;
  Follower follower_;
  absl::Status status_;
  std::vector<detector::Finding> findings_;
  DeadlockedTest deadlocked_test_;
  std::thread thread_;
};

}  // namespace gordian::tools

#endif  // GORDIAN_TOOLS_RUN_PROCESS_WATCH_H_
