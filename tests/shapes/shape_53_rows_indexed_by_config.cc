// Parallel workers take pieces of work from a channel, and keep their results in one table. They
// index it by the configuration, which is the same for all, instead of by the piece.
#include <array>
#include <memory>

#include "tests/shapes/shape.h"

namespace shapes {
namespace {

constexpr int kPieces = 2;

struct Table {
  Table(Mode run_mode) : mode(run_mode) {}

  void Process(int config, int piece) {
    started.Open();
    started.Wait();
    Shared<int>& row = rows[mode == Mode::kTwin ? piece : config];
    row.Write(row.Read() + piece);
  }

  const Mode mode;
  std::array<Shared<int>, kPieces> rows{Shared<int>(0, "rows[0]"), Shared<int>(0, "rows[1]")};
  Gate started{mode, kPieces};
};

void Run(Mode mode) {
  auto table = std::make_shared<Table>(mode);
  Chan<int> pieces(kPieces, "pieces");
  for (int piece = 0; piece < kPieces; ++piece) pieces.Send(piece);
  pieces.Close();
  WaitGroup workers("workers");
  for (const char* name : {"worker-1", "worker-2"}) {
    workers.Go(name, [=] {
      // The lucky schedule gives each worker one piece, one after the other.
      for (const int piece : pieces) {
        table->Process(0, piece);
        LetOthersFinish(mode);
      }
    });
    if (mode == Mode::kClean) Sleep(absl::Milliseconds(5));
  }
  workers.Wait();
}

}  // namespace

const Shape kShape53{53, "rows_indexed_by_config", Strikes::kSometimes, Run};

}  // namespace shapes
