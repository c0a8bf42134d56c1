// A subtest starts a server and asks it to shut down. What the server has to complain about then
// goes to the subtest as an error, and the subtest is over.
#include <memory>

#include "tests/shapes/shape.h"

namespace shapes {
namespace {

// What a test framework hands to a subtest.
struct Subtest {
  void Error() {
    if (over.Read()) throw Panic("failed after the subtest was over");
    failed.Write(true);
  }

  bool Finish() {
    over.Write(true);
    return !failed.Read();
  }

  Shared<bool> over{false, "subtest.over"};
  Shared<bool> failed{false, "subtest.failed"};
};

struct Server {
  explicit Server(Mode mode) : subtest_over(mode) {}

  void Serve() {
    shutdown.Recv();
    subtest_over.Wait();
    subtest.Error();
    ended.Close();
  }

  Subtest subtest;
  Chan<Unit> shutdown{0, "server.shutdown"};
  Chan<Unit> ended{0, "server.ended"};
  Gate subtest_over;
};

void Run(Mode mode) {
  auto server = std::make_shared<Server>(mode);
  Go("server", [=] { server->Serve(); });
  server->shutdown.Close();
  if (mode == Mode::kTwin) server->ended.Recv();
  LetOthersFinish(mode);
  server->subtest.Finish();
  server->subtest_over.Open();
  Sleep(absl::Milliseconds(20));
}

}  // namespace

const Shape kShape62{62, "error_after_subtest", Strikes::kSometimes, Run};

}  // namespace shapes
