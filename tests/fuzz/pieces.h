// How the fuzzers of records lay out their input: pieces of streams, in order of feeding.
//
// A piece is a header word, `stream:8 │ words:16 │ gap:1`, and so many words.
#ifndef GORDIAN_TESTS_FUZZ_PIECES_H_
#define GORDIAN_TESTS_FUZZ_PIECES_H_

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace gordian::fuzz {

struct Piece {
  std::uint32_t stream = 0;
  bool gap = false;  // words are missing before it
  std::span<const std::uint64_t> words;
};

inline std::uint64_t HeaderOf(std::uint32_t stream, std::size_t words) {
  return (stream & 0xFF) | static_cast<std::uint64_t>(words) << 8;
}

// Calls `take` for each piece; the last one may be cut.
template <typename Take>
void ForEachPiece(std::span<const std::uint8_t> bytes, Take take) {
  std::vector<std::uint64_t> words(bytes.size() / 8);
  if (words.empty()) return;
  std::memcpy(words.data(), bytes.data(), words.size() * 8);
  for (std::size_t at = 0; at < words.size();) {
    const std::uint64_t header = words[at++];
    const std::size_t length = std::min<std::size_t>((header >> 8) & 0xFFFF, words.size() - at);
    take(Piece{.stream = static_cast<std::uint32_t>(header & 0xFF),
               .gap = (header >> 24 & 1) != 0,
               .words = std::span(words).subspan(at, length)});
    at += length;
  }
}

}  // namespace gordian::fuzz

#endif  // GORDIAN_TESTS_FUZZ_PIECES_H_
