// Any bytes as RAPID's STD format, in pieces: read and verified.
#include <algorithm>
#include <cstdint>
#include <string_view>

#include "detector/reader/std_format.h"
#include "detector/reader/verifier.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t piece = size == 0 ? 1 : 1 + data[0];
  gordian::detector::StdReader reader;
  gordian::detector::Verifier verifier;
  const auto take = [&](const gordian::trace::Event& event) { verifier.Take(event); };
  while (!text.empty()) {
    if (!reader.Feed(text.substr(0, piece), take).ok()) return 0;
    text.remove_prefix(std::min(piece, text.size()));
  }
  if (reader.Finish(take).ok()) verifier.Finish(true);
  return 0;
}
