// What recording under a supervisor costs with all that belongs to it: the program's
// own events, and the thread that drains, compresses and writes them.
#include <unistd.h>

#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "gordian/gordian.h"
#include "instrument/recorder/connect.h"
#include "instrument/recorder/session.h"
#include "instrument/recorder/supervisor.h"
#include "tests/bench/suites.h"

namespace gordian::bench {
namespace {

constexpr std::uint64_t kPairs = 10'000'000;

// This process records into a supervisor that lives in it too, so that the CPU time of both
// is counted together.
class Supervised {
 public:
  Supervised()
      : trace_(std::filesystem::temp_directory_path() /
               ("gordian-bench-" + std::to_string(getpid()) + ".gtrace")) {
    std::string error;
    supervisor_ = recorder::Supervisor::Start(
        [this](const recorder::RecordedProcess::Identity&, std::size_t) { return trace_; }, error);
    std::thread joining(
        [this] { sink_ = recorder::ConnectToSupervisor(supervisor_->address().c_str(), false); });
    while (supervisor_->processes().empty()) {
      std::vector<pollfd> descriptors;
      supervisor_->Watch(descriptors);
      poll(descriptors.data(), descriptors.size(), 10);
      supervisor_->Handle(descriptors);
    }
    joining.join();
    recorder::Start(sink_.get());
  }

  ~Supervised() {
    recorder::Stop();
    supervisor_->processes()[0]->Finish();
    supervisor_->processes()[0]->Close({});
    supervisor_.reset();
    std::filesystem::remove(trace_);
    // Threads may still hold chunks of it.
    static_cast<void>(sink_.release());
  }

 private:
  std::string trace_;
  std::unique_ptr<recorder::Supervisor> supervisor_;
  std::unique_ptr<recorder::RegionSink> sink_;
};

}  // namespace

void SupervisedRows(Table& table) {
  static Mutex mutex;
  const auto measure = [] {
    return NsPer(kPairs, [] {
      const Supervised supervised;
      for (std::uint64_t i = 0; i < kPairs; ++i) {
        mutex.Lock();
        mutex.Unlock();
      }
    });
  };
  table.Against({"recorder/lock_pair_supervised_with_drainer", "ns", "goal 25 ns", 1}, measure, 25);
}

}  // namespace gordian::bench
