// Closing a stream forgets to tell its reader, who waits for the next piece of data. The caller
// gives up after a while; the reader does not.
#include <memory>
#include <optional>

#include "tests/shapes/shape.h"

namespace shapes {
namespace {

struct Stream {
  // The next piece, or nothing at the end.
  std::optional<int> Read() const { return data.Recv(); }

  void CloseStream(Mode mode) const {
    if (mode == Mode::kTwin) data.Close();
  }

  Chan<int> data{0, "stream.data"};
};

void Run(Mode mode) {
  auto stream = std::make_shared<Stream>();
  Chan<int> total(1, "total");
  Go("reader", [=] {
    int sum = 0;
    while (const std::optional<int> piece = stream->Read()) sum += *piece;
    total.Send(sum);
  });
  stream->data.Send(40);
  stream->CloseStream(mode);
  Select(Recv(total), Recv(After(absl::Milliseconds(50))));
}

}  // namespace

const Shape kShape15{15, "close_stream_without_eof", Strikes::kAlways, Run};

}  // namespace shapes
