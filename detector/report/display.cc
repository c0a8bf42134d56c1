#include "detector/report/display.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "absl/strings/str_format.h"

namespace gordian::detector {
namespace {

struct Range {
  char32_t first, last;
};

// Unicode 15, East Asian Width W and F, and emoji presentation, merged into few ranges.
constexpr std::array<Range, 24> kWide = {
    {{0x1100, 0x115F}, {0x231A, 0x231B}, {0x2329, 0x232A}, {0x23E9, 0x23EC},  {0x25FD, 0x25FE},
     {0x2614, 0x2615}, {0x2648, 0x2653}, {0x26A1, 0x26A1}, {0x26AA, 0x26AB},  {0x26D4, 0x26D4},
     {0x2705, 0x2705}, {0x270A, 0x270B}, {0x274C, 0x274C}, {0x2753, 0x2755},  {0x2E80, 0x303E},
     {0x3041, 0x33FF}, {0x3400, 0x4DBF}, {0x4E00, 0xA4CF}, {0xA960, 0xA97C},  {0xAC00, 0xD7A3},
     {0xF900, 0xFAFF}, {0xFE30, 0xFE6F}, {0xFF00, 0xFF60}, {0x1F300, 0x1FAFF}}};
constexpr std::array<Range, 8> kCombining = {{{0x0300, 0x036F},
                                              {0x0483, 0x0489},
                                              {0x0591, 0x05BD},
                                              {0x1AB0, 0x1AFF},
                                              {0x1DC0, 0x1DFF},
                                              {0x20D0, 0x20FF},
                                              {0xFE00, 0xFE0F},
                                              {0xFE20, 0xFE2F}}};
// Invisible, or able to reorder what stands around them.
constexpr std::array<Range, 5> kDeceiving = {
    {{0x200B, 0x200F}, {0x2028, 0x202E}, {0x2060, 0x206F}, {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}}};

template <std::size_t n>
bool In(const std::array<Range, n>& ranges, char32_t c) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [c](Range range) { return range.first <= c && c <= range.last; });
}

struct Decoded {
  char32_t code = 0;
  std::size_t length = 1;
  bool valid = false;
};

// The first character of `text`, which is not empty. Overlong forms and surrogates are invalid.
Decoded Decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return {lead, 1, true};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return {};
  char32_t code = lead & (0x7F >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    code = (code << 6) | (byte(i) & 0x3F);
  }
  constexpr std::array<char32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
  const bool valid =
      code >= kLeast[length] && code <= 0x10FFFF && !(code >= 0xD800 && code <= 0xDFFF);
  return valid ? Decoded{code, length, true} : Decoded{};
}

int WidthOf(char32_t code) {
  if (code < 0x300) return 1;
  if (In(kCombining, code)) return 0;
  return In(kWide, code) || (code >= 0x20000 && code <= 0x3FFFD) ? 2 : 1;
}

}  // namespace

int DisplayWidth(std::string_view text) {
  int width = 0;
  while (!text.empty()) {
    const Decoded character = Decode(text);
    width += character.valid ? WidthOf(character.code) : 1;
    text.remove_prefix(character.length);
  }
  return width;
}

std::string Printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const Decoded character = Decode(text);
    const char32_t code = character.code;
    if (!character.valid || code < 0x20 || (code >= 0x7F && code < 0xA0)) {
      out += absl::StrFormat("\\x%02x", character.valid ? static_cast<unsigned>(code)
                                                        : static_cast<std::uint8_t>(text.front()));
    } else if (In(kDeceiving, code)) {
      out += absl::StrFormat("\\u%04x", static_cast<unsigned>(code));
    } else {
      out += text.substr(0, character.length);
    }
    text.remove_prefix(character.length);
  }
  return out;
}

std::string Padded(std::string_view text, int width) {
  return std::string(text) + std::string(std::max(0, width - DisplayWidth(text)), ' ');
}

std::string Shortened(std::string_view text, int width) {
  if (DisplayWidth(text) <= width) return std::string(text);
  std::string out;
  int used = 1;  // the ellipsis
  while (!text.empty()) {
    const Decoded character = Decode(text);
    used += character.valid ? WidthOf(character.code) : 1;
    if (used > width) break;
    out += text.substr(0, character.length);
    text.remove_prefix(character.length);
  }
  return out + "…";
}

std::vector<std::string> Wrapped(std::string_view text, int width) {
  std::vector<std::string> lines;
  std::string line;
  while (!text.empty()) {
    const std::size_t begin = text.find_first_not_of(" \n\t");
    if (begin == std::string_view::npos) break;
    text.remove_prefix(begin);
    const std::string_view word = text.substr(0, text.find_first_of(" \n\t"));
    text.remove_prefix(word.size());
    if (!line.empty() && DisplayWidth(line) + 1 + DisplayWidth(word) > width) {
      lines.push_back(std::move(line));
      line.clear();
    }
    if (!line.empty()) line += ' ';
    line += word;
  }
  if (!line.empty()) lines.push_back(std::move(line));
  return lines;
}

}  // namespace gordian::detector
