// Colours of a terminal, or none.
#ifndef GORDIAN_DETECTOR_REPORT_PAINT_H_
#define GORDIAN_DETECTOR_REPORT_PAINT_H_

#include <array>
#include <string>
#include <string_view>

namespace gordian::detector {

enum class Ink : unsigned char { kPlain, kBold, kDim, kRed, kYellow, kGreen, kCyan };

class Painter {
 public:
  explicit Painter(bool color) : color_(color) {}

  std::string operator()(Ink ink, std::string_view text) const {
    static constexpr std::array<std::string_view, 7> kCodes = {"",     "1",    "2",   "1;31",
                                                               "1;33", "1;32", "1;36"};
    if (!color_ || ink == Ink::kPlain || text.empty()) return std::string(text);
    return "\x1b[" + std::string(kCodes[static_cast<std::size_t>(ink)]) + "m" + std::string(text) +
           "\x1b[0m";
  }

 private:
  bool color_;
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_REPORT_PAINT_H_
