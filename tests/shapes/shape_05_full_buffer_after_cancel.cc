// A producer pushes eight rows into a channel with room for six. The consumer leaves its range
// loop at the first row, as its context is cancelled, and nobody takes the rest.
#include "tests/shapes/shape.h"

namespace shapes {
namespace {

void Produce(Mode mode, const Chan<int>& rows, const Context& ctx) {
  for (int row = 0; row < 8; ++row) {
    if (mode == Mode::kTwin) {
      if (Select(Send(rows, row), Recv(ctx.Done())) == 1) break;
    } else {
      rows.Send(row);
    }
  }
  rows.Close();
}

int Consume(const Chan<int>& rows, const Context& ctx) {
  int sum = 0;
  for (const int row : rows) {
    sum += row;
    if (Select(Recv(ctx.Done()), Default()) == 0) break;
  }
  return sum;
}

void Run(Mode mode) {
  auto [ctx, cancel] = WithCancel(Background());
  Chan<int> rows(6, "rows");
  Go("producer", [mode, rows, ctx = ctx] { Produce(mode, rows, ctx); });
  cancel();
  Consume(rows, ctx);
}

}  // namespace

const Shape kShape05{5, "full_buffer_after_cancel", Strikes::kAlways, Run};

}  // namespace shapes
