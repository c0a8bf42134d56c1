#include "tools/run/process_watch.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "instrument/recorder/recorder.h"
#include "instrument/recorder/region.h"
#include "instrument/trace/wire.h"

namespace gordian::tools {
namespace {

using detector::CutKind;

// How long nothing must have been recorded before the process is looked at. Long enough for
// a scheduling hiccup to pass, short enough for a report within a second.
constexpr std::chrono::milliseconds kQuiet{250};

// How long a process that ends its own tests may take to do so.
constexpr std::chrono::seconds kOwnGrace{2};

// Signals that say that the program has gone wrong, and those that the C library keeps for itself.
constexpr int kOfNoUse[] = {SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS, 32, 33, 34};

// Whether the process has a handler that might do something for those who wait.
bool HandlesSignals(const recorder::RecordedProcess& process) {
  std::ifstream status("/proc/" + std::to_string(process.identity().pid) + "/status");
  std::string word;
  while (status >> word) {
    if (word != "SigCgt:") continue;
    std::uint64_t caught = 0;
    status >> std::hex >> caught;
    for (const int signal : kOfNoUse) caught &= ~(std::uint64_t{1} << (signal - 1));
    if (process.QuitIsOurs()) caught &= ~(std::uint64_t{1} << (SIGQUIT - 1));
    return caught != 0;
  }
  return false;
}

// Of the calling thread. A machine that is busy with others makes nothing dearer.
std::chrono::nanoseconds CpuTime() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

// The program comes first: analysis takes what it leaves.
void LowerPriority() { setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), 10); }

}  // namespace

ProcessWatch::ProcessWatch(std::shared_ptr<recorder::RecordedProcess> process,
                           const WatchSettings& settings)
    : process_(std::move(process)),
      settings_(settings),
      follower_(process_->trace_path(), settings.limits) {
  process_->KeepNewest(settings.max_size);
  pipeline().NameWith(symbolizer_);
  thread_ = std::thread([this] { Work(); });
}

ProcessWatch::~ProcessWatch() { TakeOver(); }

void ProcessWatch::TakeOver() {
  if (!thread_.joinable()) return;
  hand_over_.store(true);
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
  hand_over_.store(false);
}

void ProcessWatch::Tick(Clock::time_point now) {
  const std::uint64_t activity = process_->Activity();
  if (activity != std::exchange(activity_, activity)) {
    quiet_since_ = now;
    asked_ = false;
    if (process_->EndsOwnTests()) {
      std::lock_guard lock(mutex_);
      stuck_at_.reset();
    }
  }
  const bool is_quiet = now - quiet_since_ >= kQuiet;
  const bool ask = is_quiet && !asked_ && !process_->finished();
  const bool look = IsLookDue(now, activity);
  asked_ |= ask;
  if (ask || look) process_->Drain(recorder::DrainKind::kPresent);
  const std::uint64_t readable = process_->trace_bytes();
  const bool judge =
      ask && process_->motion() != recorder::Motion::kMoves && !process_->HasUnknownThread();
  {
    std::lock_guard lock(mutex_);
    if (readable == readable_ && !judge && !look) return;
    readable_ = readable;
    judge_ |= judge;
    if (look) looks_.Ask(activity);
  }
  wake_.notify_one();
}

// A thread that nobody knows may serve anything: then there is nothing to look for.
bool ProcessWatch::IsLookDue(Clock::time_point now, std::uint64_t activity) {
  {
    std::lock_guard lock(mutex_);
    if (!looks_.IsDue(now, activity)) return false;
  }
  return !process_->finished() && !process_->HasUnknownThread();
}

bool ProcessWatch::IsStuck(Clock::time_point now) {
  std::lock_guard lock(mutex_);
  return stuck_at_ && now >= *stuck_at_;
}

void ProcessWatch::Finish() {
  TakeOver();
  status_ = follower_.ReadUpTo(process_->trace_bytes(), hand_over_);
  process_->Analysed(process_->trace_bytes());
  if (absl::Status read = pipeline().Finish(); status_.ok()) status_ = read;
  Judge(pipeline().model().main_ended() ? CutKind::kProgramEnd : CutKind::kTruncated);
}

void ProcessWatch::Work() {
  LowerPriority();
  std::uint64_t read = 0;
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [&] { return stop_ || judge_ || looks_.asked() || readable_ > read; });
    if (stop_) return;
    const bool judge = std::exchange(judge_, false);
    const bool look = looks_.asked();
    const std::uint64_t readable = readable_;
    lock.unlock();
    status_ = follower_.ReadUpTo(readable, hand_over_);
    read = readable;
    // What cannot be read any further must not keep the program waiting.
    process_->Analysed(follower_.has_error() ? readable : follower_.offset());
    if (look && !hand_over_.load() && status_.ok()) Look();
    bool hung = false, own = false;
    if (judge && !hand_over_.load() && status_.ok()) status_ = follower_.pipeline().Settle();
    if (judge && !hand_over_.load() && status_.ok() && !CanGoOn()) {
      TellTime();
      const std::size_t before = findings_.size();
      Judge(CutKind::kStandstill);
      hung = IsHung();
      own = hung && process_->EndsOwnTests();
      if (own) TellHang(Titles(std::span(findings_).subspan(before)));
    }
    lock.lock();
    if (hung && !stuck_at_) stuck_at_ = Clock::now() + (own ? kOwnGrace : Clock::duration{});
  }
}

void ProcessWatch::TellHang(const std::string& why) {
  process_->TellHang(why.empty() ? "Nothing can run any more.\n" : why);
}

bool ProcessWatch::IsHung() {
  return pipeline().IsHung() &&
         std::ranges::any_of(findings_, [](const detector::Finding& finding) {
           return finding.verdict == detector::Verdict::kConfirmed;
         });
}

// Some may be deadlocked while others go on. That is told at once, and judged in the end.
void ProcessWatch::Look() {
  const Clock::time_point begin = Clock::now();
  TellTime();
  // Reads the program's files, each once: that does not make the next look dearer.
  follower_.pipeline().NameObjects();
  const Clock::duration cpu_before = CpuTime();
  bool pending = false;
  std::vector<detector::Finding> found = follower_.pipeline().LookForDeadlocks(pending);
  if (process_->EndsOwnTests()) {
    deadlocked_test_.Add(found, pipeline().model());
    const std::string over = deadlocked_test_.TakeEnd(pipeline().model(), begin);
    if (!over.empty()) TellHang(over);
    pending |= deadlocked_test_.pending();
  }
  const Clock::duration cost = CpuTime() - cpu_before;
  if (!found.empty() && settings_.on_deadlock) {
    settings_.on_deadlock(follower_.pipeline(), std::move(found));
  }
  std::lock_guard lock(mutex_);
  looks_.Looked(Clock::now(), cost, pending);
}

// What still waits has waited until now, which nobody recorded.
void ProcessWatch::TellTime() {
  const std::uint64_t record[] = {trace::Head(trace::EventType::kTime, false, 0, 0),
                                  recorder::Now()};
  status_ = follower_.pipeline().Feed(recorder::kSupervisorStream, record);
}

// Whether any task runs, could run, waits for the clock, or for what a signal's handler may do: it
// may post a semaphore and wake who sleeps on an atomic, but unlock and signal nothing.
bool ProcessWatch::CanGoOn() const {
  const bool handles = HandlesSignals(*process_);
  const detector::Model& model = const_cast<Follower&>(follower_).pipeline().model();
  for (const detector::TaskId id : model.open_tasks()) {
    const detector::TaskInfo& task = model.Task(id);
    if (task.kind == trace::TaskKind::kInternal || task.ended || task.frozen) continue;
    if (!task.wait || task.wait.timed || task.wait.kind == detector::WaitKind::kSleep) return true;
    if (handles && task.wait.kind == detector::WaitKind::kSemaphore) return true;
  }
  return false;
}

void ProcessWatch::Judge(CutKind kind) {
  absl::StatusOr<std::vector<detector::Finding>> found = follower_.pipeline().Judge(kind);
  if (!found.ok()) {
    if (status_.ok()) status_ = found.status();
    return;
  }
  std::ranges::move(*found, std::back_inserter(findings_));
}

}  // namespace gordian::tools
