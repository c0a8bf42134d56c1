#include "tools/run/run_loop.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <functional>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "instrument/recorder/protocol.h"
#include "tools/run/preload.h"

namespace gordian::tools {
namespace {

using Clock = ProcessWatch::Clock;

constexpr int kTickMs = 50;
// Between SIGTERM and SIGKILL.
constexpr std::chrono::seconds kTermGrace{1};
// What a process that the program left behind has to attach, before it counts as unrecorded.
constexpr std::chrono::milliseconds kAttachGrace{250};

// The signals that a terminal or a caller sends to end or control a program.
constexpr int kPassedOn[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};

sigset_t WatchedSignals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  for (const int signal : kPassedOn) sigaddset(&set, signal);
  return set;
}

// Ends processes: SIGTERM first, SIGKILL where that has not helped.
class Ending {
 public:
  bool begun() const { return kill_at_.has_value(); }
  // `send` delivers a signal to whoever is to end.
  void Begin(Clock::time_point now, std::function<void(int)> send) {
    if (begun()) return;
    kill_at_ = now + kTermGrace;
    send_ = std::move(send);
    send_(SIGTERM);
    send_(SIGCONT);  // a stopped process would not notice
  }
  void Tick(Clock::time_point now) {
    if (!begun() || now < *kill_at_) return;
    send_(SIGKILL);
    kill_at_ = now + kTermGrace;
  }

 private:
  std::optional<Clock::time_point> kill_at_;
  std::function<void(int)> send_;
};

class Loop {
 public:
  Loop(const RunSettings& settings, recorder::Supervisor& supervisor, Program program, int signals)
      : settings_(settings),
        supervisor_(supervisor),
        program_(std::move(program)),
        signals_(signals) {}

  RunResult Run() {
    const Clock::time_point start = Clock::now();
    program_.Reap();
    while (!IsOver(Clock::now())) {
      Poll();
      const Clock::time_point now = Clock::now();
      TickWatches(now);
      if (settings_.timeout && now - start >= *settings_.timeout && !timeout_.begun()) {
        result_.timed_out = true;
        timeout_.Begin(now, [this](int signal) { program_.SignalAll(signal); });
      }
      timeout_.Tick(now);
    }
    for (auto& watched : watched_) {
      if (!watched.watch->process().finished()) {
        result_.left.push_back(watched.watch->process().identity().pid);
        watched.watch->process().Finish();
      }
      result_.watches.push_back(std::move(watched.watch));
    }
    result_.wait_status = program_.wait_status();
    return std::move(result_);
  }

 private:
  struct Watched {
    std::unique_ptr<ProcessWatch> watch;
    Ending ending;
  };

  void Poll() {
    std::vector<pollfd> descriptors = {{.fd = signals_, .events = POLLIN}};
    supervisor_.Watch(descriptors);
    poll(descriptors.data(), descriptors.size(), kTickMs);
    if (descriptors[0].revents != 0) TakeSignals();
    supervisor_.Handle(descriptors);
    result_.refused = supervisor_.refused();
    for (std::size_t i = watched_.size(); i < supervisor_.processes().size(); ++i) {
      watched_.push_back(
          {std::make_unique<ProcessWatch>(supervisor_.processes()[i], settings_.watch), {}});
    }
  }

  void TakeSignals() {
    signalfd_siginfo signal{};
    while (read(signals_, &signal, sizeof signal) == sizeof signal) {
      const int number = static_cast<int>(signal.ssi_signo);
      // What a terminal sends, it sends to the program as well.
      const bool from_terminal = signal.ssi_code == SI_KERNEL;
      if (number != SIGCHLD && !from_terminal) program_.Signal(number);
    }
    program_.Reap();
  }

  void TickWatches(Clock::time_point now) {
    for (Watched& watched : watched_) {
      if (const std::string text = watched.watch->process().TakeText(); !text.empty()) {
        settings_.say(text);
      }
      if (watched.watch->process().finished()) continue;
      watched.watch->Tick(now);
      if (watched.watch->IsStuck(now)) OnHang(watched, now);
      watched.ending.Tick(now);
    }
  }

  void OnHang(Watched& watched, Clock::time_point now) {
    result_.hung = true;
    if (!settings_.end_on_hang) return;
    watched.ending.Begin(
        now, [pid = watched.watch->process().identity().pid](int signal) { kill(pid, signal); });
  }

  // The program has ended, and so have, or never will, the processes it left.
  bool IsOver(Clock::time_point now) {
    if (result_.hung && !settings_.end_on_hang) return true;
    if (!program_.wait_status()) return false;
    if (!ended_at_) ended_at_ = now;
    bool all_finished = true;
    for (const auto& process : supervisor_.processes()) all_finished &= process->finished();
    if (!all_finished) return now - *ended_at_ >= settings_.linger;
    return now - *ended_at_ >= kAttachGrace || Descendants().empty();
  }

  const RunSettings& settings_;
  recorder::Supervisor& supervisor_;
  Program program_;
  const int signals_;
  RunResult result_;
  std::vector<Watched> watched_;
  Ending timeout_;
  std::optional<Clock::time_point> ended_at_;
};

}  // namespace

absl::StatusOr<RunResult> RunProgram(const RunSettings& settings) {
  // Blocked before there is a thread or a program, so that none is missed.
  const sigset_t watched = WatchedSignals();
  sigset_t original;
  pthread_sigmask(SIG_BLOCK, &watched, &original);
  const int signals = signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
  const absl::Cleanup restore = [&] {
    close(signals);
    pthread_sigmask(SIG_SETMASK, &original, nullptr);
  };
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);  // a file that gets too large is an error like any other
  std::string error;
  const auto supervisor = recorder::Supervisor::Start(settings.trace_path, error);
  if (supervisor == nullptr) return absl::InternalError(error);
  Program::Variables variables = {{recorder::kSupervisorVariable, supervisor->address()}};
  if (const std::string library = PreloadLibrary(); !library.empty()) {
    variables.emplace_back("LD_PRELOAD", PreloadVariable(library));
  }
  absl::StatusOr<Program> program = Program::Start(settings.command, variables, original);
  if (!program.ok()) return program.status();
  return Loop(settings, *supervisor, *std::move(program), signals).Run();
}

}  // namespace gordian::tools
