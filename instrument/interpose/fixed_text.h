// A text that is put together without any memory but its own: also in a signal's handler, and
// where the program has none left.
//
// Limits    what has no room any more is cut; `cut()` tells.
#ifndef GORDIAN_INSTRUMENT_INTERPOSE_FIXED_TEXT_H_
#define GORDIAN_INSTRUMENT_INTERPOSE_FIXED_TEXT_H_

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace gordian::interpose {

class FixedText {
 public:
  explicit FixedText(std::span<char> room) : room_(room) {}

  FixedText& operator<<(std::string_view text) {
    const std::size_t count = std::min(text.size(), room_.size() - used_);
    std::copy_n(text.data(), count, room_.data() + used_);
    used_ += count;
    cut_ |= count < text.size();
    return *this;
  }
  FixedText& operator<<(std::uint64_t number) { return AddNumber(number, 10); }
  FixedText& Hex(std::uint64_t number) { return (*this << "0x").AddNumber(number, 16); }

  std::string_view text() const { return {room_.data(), used_}; }
  bool cut() const { return cut_; }

 private:
  FixedText& AddNumber(std::uint64_t number, int base) {
    char digits[20];
    const auto end = std::to_chars(std::begin(digits), std::end(digits), number, base).ptr;
    return *this << std::string_view(digits, static_cast<std::size_t>(end - digits));
  }

  std::span<char> room_;
  std::size_t used_ = 0;
  bool cut_ = false;
};

}  // namespace gordian::interpose

#endif  // GORDIAN_INSTRUMENT_INTERPOSE_FIXED_TEXT_H_
