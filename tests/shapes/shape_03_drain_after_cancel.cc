// When the context is cancelled, the reader leaves drainers behind that empty the channels so
// that the sender is not stuck. The sender leaves on the same cancellation, without closing
// its channels: the drainers wait for ever.
#include <array>
#include <memory>
#include <optional>

#include "absl/cleanup/cleanup.h"
#include "tests/shapes/shape.h"

namespace shapes {
namespace {

struct Merge {
  explicit Merge(Mode run_mode) : mode(run_mode) {}

  const Mode mode;
  std::array<Chan<int>, 2> parts{Chan<int>(0, "parts[0]"), Chan<int>(0, "parts[1]")};
  Gate first_read{mode};
  Gate cancelled{mode};
  Gate sender_gone{mode};
};

void SendParts(Merge& merge, const Context& ctx) {
  absl::Cleanup gone = [&] { merge.sender_gone.Open(); };
  bool cancelled = false;
  for (const Chan<int>& part : merge.parts) {
    for (int row = 0; row < 2 && !cancelled; ++row) {
      if (row > 0) merge.cancelled.Wait();
      cancelled = Select(Send(part, row), Recv(ctx.Done())) == 1;
    }
    if (cancelled && merge.mode != Mode::kTwin) return;
    part.Close();
  }
}

void ReadParts(Merge& merge, const Context& ctx) {
  for (const Chan<int>& part : merge.parts) {
    for (bool open = true; open;) {
      const auto take = [&](std::optional<int> row) { open = row.has_value(); };
      if (Select(Recv(part, take), Recv(ctx.Done())) == 1) {
        for (const Chan<int>& rest : merge.parts) {
          Go("drainer", [rest] {
            while (rest.Recv()) continue;
          });
        }
        return;
      }
      merge.first_read.Open();
      merge.sender_gone.Wait();
    }
  }
}

void Run(Mode mode) {
  auto merge = std::make_shared<Merge>(mode);
  auto [ctx, cancel] = WithCancel(Background());
  Chan<Unit> done(2, "done");
  Go("sender", [merge, ctx = ctx, done] {
    SendParts(*merge, ctx);
    done.Send({});
  });
  Go("reader", [merge, ctx = ctx, done] {
    ReadParts(*merge, ctx);
    done.Send({});
  });
  if (mode != Mode::kClean) {
    merge->first_read.Wait();
    cancel();
    merge->cancelled.Open();
  }
  AwaitAll(done, 2);
  cancel();
}

}  // namespace

const Shape kShape03{3, "drain_after_cancel", Strikes::kSometimes, Run};

}  // namespace shapes
