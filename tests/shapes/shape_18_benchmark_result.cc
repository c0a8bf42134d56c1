// A benchmark starts each request in a goroutine that sends its result on a fresh channel. When
// it is told to stop it leaves, and the request under way has nobody to send to.
#include "tests/shapes/shape.h"

namespace shapes {
namespace {

int Benchmark(Mode mode, const Chan<Unit>& stop) {
  for (int requests = 0;; ++requests) {
    Chan<int> result(mode == Mode::kTwin ? 1 : 0, "result");
    Go("request", [=] {
      Sleep(absl::Milliseconds(1));
      result.Send(requests);
    });
    if (Select(Recv(result), Recv(stop)) == 1) return requests;
  }
}

void Run(Mode mode) {
  Chan<Unit> stop(0, "stop");
  Chan<int> requests(1, "requests");
  Go("benchmark", [=] { requests.Send(Benchmark(mode, stop)); });
  Sleep(absl::Milliseconds(10));
  stop.Close();
  requests.Recv();
}

}  // namespace

const Shape kShape18{18, "benchmark_result", Strikes::kAlways, Run};

}  // namespace shapes
