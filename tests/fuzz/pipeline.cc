// Any words as the streams of a recording, analysed to the end.
#include "detector/pipeline/pipeline.h"

#include <cstdint>

#include "tests/fuzz/pieces.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  gordian::detector::Pipeline pipeline;
  std::size_t pieces = 0;
  gordian::fuzz::ForEachPiece({data, size}, [&](const gordian::fuzz::Piece& piece) {
    pipeline.Feed(piece.stream, piece.words).IgnoreError();
    if (++pieces % 16 == 0) {
      pipeline.Judge(gordian::detector::CutKind::kStandstill).status().IgnoreError();
    }
  });
  pipeline.Judge(gordian::detector::CutKind::kProgramEnd).status().IgnoreError();
  return 0;
}
