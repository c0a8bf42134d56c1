// A cluster logs to the test that made it, from a goroutine that outlives the test. The test's
// log may not be used by then.
#include <memory>
#include <string>

#include "tests/shapes/shape.h"

namespace shapes {
namespace {

// What a test framework hands to a test.
struct TestLog {
  void Log(const std::string& line) {
    if (over.Read()) throw Panic("logged after the test was over");
    lines.Write(lines.Read() + line + '\n');
  }

  std::string Finish() {
    over.Write(true);
    return lines.Read();
  }

  Shared<bool> over{false, "test.over"};
  Shared<std::string> lines{"", "test.lines"};
};

struct Cluster {
  explicit Cluster(Mode mode) : test_over(mode) {}

  void Balance() {
    test_over.Wait();
    log.Log("balanced");
  }

  TestLog log;
  WaitGroup background{"cluster.background"};
  Gate test_over;
};

void Run(Mode mode) {
  auto cluster = std::make_shared<Cluster>(mode);
  cluster->background.Go("balancer", [=] { cluster->Balance(); });
  LetOthersFinish(mode);
  if (mode == Mode::kTwin) cluster->background.Wait();
  cluster->log.Finish();
  cluster->test_over.Open();
  Sleep(absl::Milliseconds(20));
}

}  // namespace

const Shape kShape61{61, "log_after_test", Strikes::kSometimes, Run};

}  // namespace shapes
