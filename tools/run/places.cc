#include "tools/run/places.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "detector/symbols/symbolizer.h"

namespace gordian::tools {
namespace {

using detector::Frame;
using detector::Symbolizer;

// "/src/bank+0x1234"
struct Place {
  detector::Module module;
  std::uint64_t offset = 0;
};

std::optional<Place> PlaceIn(std::string_view text) {
  const std::size_t plus = text.rfind("+0x");
  Place place;
  if (plus == std::string_view::npos || !text.starts_with('/') ||
      !absl::SimpleHexAtoi(std::string(text.substr(plus + 1)), &place.offset)) {
    return std::nullopt;
  }
  place.module.path = text.substr(0, plus);
  return place;
}

// One line for each function that was inlined there, and for the one they were inlined into.
void AppendFrames(Symbolizer& symbolizer, std::string_view lead, std::string_view place,
                  std::string& out) {
  std::vector<Frame> frames;
  if (const std::optional<Place> known = PlaceIn(place)) {
    frames = symbolizer.Resolve(known->module, known->offset);
  }
  if (frames.empty()) absl::StrAppend(&out, std::string(lead), std::string(place), "\n");
  for (const Frame& frame : frames) {
    absl::StrAppend(&out, std::string(lead));
    if (!frame.function.empty()) {
      absl::StrAppend(&out, detector::FunctionName(frame.function), "()  ");
    }
    absl::StrAppend(&out, std::string(detector::BaseName(frame.file)));
    if (frame.line != 0) absl::StrAppend(&out, ":", frame.line);
    absl::StrAppend(&out, "\n");
  }
}

// "(/src/bank+0x4060)" → "(accounts)", wherever that is in the line.
std::string WithVariables(Symbolizer& symbolizer, std::string_view line) {
  std::string out;
  for (std::size_t open; (open = line.find("(/")) != std::string_view::npos;) {
    const std::size_t close = line.find(')', open);
    if (close == std::string_view::npos) break;
    const std::string_view inside = line.substr(open + 1, close - open - 1);
    absl::StrAppend(&out, std::string(line.substr(0, open + 1)));
    const std::optional<Place> place = PlaceIn(inside);
    const auto variable =
        place ? symbolizer.ResolveData(place->module, place->offset) : std::nullopt;
    if (variable) {
      absl::StrAppend(&out, variable->name);
      const std::uint64_t into = place->offset - variable->begin;
      if (into != 0) absl::StrAppend(&out, "+", into);
    } else {
      absl::StrAppend(&out, std::string(inside));
    }
    line.remove_prefix(close);
  }
  return absl::StrCat(out, std::string(line), "\n");
}

}  // namespace

std::string WithPlaces(std::string_view text) {
  constexpr std::string_view kFrame = "    at ";
  Symbolizer symbolizer;
  std::string out;
  for (std::size_t end = 0; !text.empty(); text.remove_prefix(std::min(end + 1, text.size()))) {
    end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    if (line.starts_with(kFrame)) {
      AppendFrames(symbolizer, kFrame, line.substr(kFrame.size()), out);
    } else {
      out += WithVariables(symbolizer, line);
    }
  }
  return out;
}

}  // namespace gordian::tools
