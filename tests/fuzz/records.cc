// Any words as the streams of a recording: ordered and verified. The reader must hand out
// each object's versions in order, whatever it is fed.
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "detector/reader/reader.h"
#include "detector/reader/verifier.h"
#include "tests/fuzz/pieces.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  gordian::detector::Reader reader;
  gordian::detector::Verifier verifier;
  std::uint64_t seq = 0;
  const auto take = [&](const gordian::trace::Event& event) {
    if (event.seq != ++seq) std::abort();
    verifier.Take(event);
  };
  std::size_t pieces = 0;
  gordian::fuzz::ForEachPiece({data, size}, [&](const gordian::fuzz::Piece& piece) {
    if (piece.gap) reader.Gap(piece.stream);
    reader.Feed(piece.stream, piece.words);
    if (++pieces % 4 == 0) reader.Drain(take).IgnoreError();
    if (pieces % 64 == 0) reader.Settle(take).IgnoreError();
  });
  reader.Finish(take).IgnoreError();
  verifier.Finish(reader.missing().empty());
  return 0;
}
