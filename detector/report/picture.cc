#include "detector/report/picture.h"

#include <algorithm>
#include <string_view>

#include "detector/report/display.h"

namespace gordian::detector {
namespace {

struct Glyphs {
  std::string_view line, side, right, left, up, top_left, top_right, bottom_left, bottom_right,
      more;
};
constexpr Glyphs kUnicode = {"─", "│", "▶", "◀", "▲", "┌", "┐", "└", "┘", "⋮"};
constexpr Glyphs kAscii = {"-", "|", ">", "<", "^", "+", "+", "+", "+", ":"};

constexpr int kLongestName = 40;
constexpr int kMostLines = 16;  // of a long cycle; the middle is left out
constexpr std::size_t kLastLines = 4;

std::string Times(std::string_view glyph, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += glyph;
  return text;
}

std::string Spaces(int count) { return std::string(std::max(0, count), ' '); }

// "──waits──", `width` columns wide.
std::string Labelled(std::string_view label, int width, const Glyphs& glyphs) {
  const int dashes = std::max(0, width - DisplayWidth(label));
  return Times(glyphs.line, dashes / 2) + std::string(label) +
         Times(glyphs.line, dashes - dashes / 2);
}

std::vector<Edge> Named(std::span<const Edge> edges) {
  std::vector<Edge> named;
  for (const Edge& edge : edges) {
    named.push_back({Shortened(Printable(edge.from), kLongestName),
                     Shortened(Printable(edge.label), kLongestName),
                     Shortened(Printable(edge.to), kLongestName)});
  }
  return named;
}

// How many of the first edges make a closed cycle; 0 where they do not.
std::size_t CycleLength(std::span<const Edge> edges) {
  for (std::size_t i = 0; i < edges.size(); ++i) {
    if (i > 0 && edges[i - 1].to != edges[i].from) return 0;
    if (edges[i].to == edges[0].from) return i + 1;
  }
  return 0;
}

// The loop of two to four nodes. The fourth node lies on the way back.
class Loop {
 public:
  Loop(std::span<const Edge> cycle, const Glyphs& glyphs)
      : cycle_(cycle), glyphs_(glyphs), on_top_(std::min<std::size_t>(cycle.size(), 3)) {
    for (std::size_t i = 0; i + 1 < on_top_; ++i) {
      arrows_.push_back(DisplayWidth(cycle_[i].label) + 4);
    }
    // The way back must fit between the risers: lengthen the arrows on top.
    for (std::size_t i = 0; Inner() < LeastInner(); ++i) ++arrows_[i % arrows_.size()];
  }

  int Width() const {
    int width = 0;
    for (std::size_t i = 0; i < on_top_; ++i) width += DisplayWidth(cycle_[i].from);
    for (int arrow : arrows_) width += arrow + 3;
    return width;
  }

  std::vector<std::string> Draw() const {
    std::string top;
    for (std::size_t i = 0; i < on_top_; ++i) {
      top += cycle_[i].from;
      if (i + 1 < on_top_) {
        top +=
            " " + Labelled(cycle_[i].label, arrows_[i], glyphs_) + std::string(glyphs_.right) + " ";
      }
    }
    const std::string indent = Spaces(LeftRiser());
    return {
        top, indent + std::string(glyphs_.up) + Spaces(Inner()) + std::string(glyphs_.side),
        indent + std::string(glyphs_.bottom_left) + WayBack() + std::string(glyphs_.bottom_right)};
  }

 private:
  int LeftRiser() const { return DisplayWidth(cycle_[0].from) / 2; }
  int RightRiser() const {
    const int last = DisplayWidth(cycle_[on_top_ - 1].from);
    return Width() - last + last / 2;
  }
  int Inner() const { return RightRiser() - LeftRiser() - 1; }

  int LeastInner() const {
    if (cycle_.size() <= on_top_) return DisplayWidth(cycle_.back().label) + 4;
    return DisplayWidth(cycle_[3].label) + DisplayWidth(cycle_[3].from) +
           DisplayWidth(cycle_[2].label) + 11;
  }

  std::string WayBack() const {
    if (cycle_.size() <= on_top_) return Labelled(cycle_.back().label, Inner(), glyphs_);
    const std::string& node = cycle_[3].from;
    const int dashes = Inner() - DisplayWidth(node) - 3;  // two spaces and the arrow's head
    const int labels = DisplayWidth(cycle_[3].label) + DisplayWidth(cycle_[2].label);
    const int left = DisplayWidth(cycle_[3].label) + (dashes - labels) / 2;
    return Labelled(cycle_[3].label, left, glyphs_) + " " + node + " " + std::string(glyphs_.left) +
           Labelled(cycle_[2].label, dashes - left, glyphs_);
  }

  std::span<const Edge> cycle_;
  const Glyphs& glyphs_;
  std::size_t on_top_;
  std::vector<int> arrows_;  // dashes and label, without spaces and head
};

// A long cycle: some arrows a line; a bracket on the left leads from the last line to the first.
class Ladder {
 public:
  Ladder(std::span<const Edge> cycle, std::size_t per_line, const Glyphs& glyphs)
      : cycle_(cycle), per_line_(per_line), glyphs_(glyphs), nodes_(per_line), labels_(per_line) {
    for (std::size_t i = 0; i < cycle.size(); ++i) {
      nodes_[i % per_line] = std::max(nodes_[i % per_line], DisplayWidth(cycle[i].from));
      labels_[i % per_line] = std::max(labels_[i % per_line], DisplayWidth(cycle[i].label) + 4);
    }
  }

  int Width() const {
    int width = 4;
    for (std::size_t i = 0; i < per_line_; ++i) width += nodes_[i] + labels_[i] + 3;
    return width;
  }

  std::vector<std::string> Draw() const {
    std::vector<std::string> lines;
    int width = 0;
    for (std::size_t i = 0; i < cycle_.size(); i += per_line_) {
      lines.push_back(Line(i));
      width = std::max(width, DisplayWidth(lines.back()));
    }
    // The last arrow goes on to the right edge and down.
    const std::string& last = lines.back();
    const int missing = width - DisplayWidth(last);
    lines.back() += Times(glyphs_.line, missing) + std::string(glyphs_.top_right);
    lines.push_back(std::string(glyphs_.bottom_left) + Times(glyphs_.line, width - 1) +
                    std::string(glyphs_.bottom_right));
    return WithoutMiddle(std::move(lines));
  }

 private:
  std::string Line(std::size_t first) const {
    std::string line = first == 0 ? std::string(glyphs_.top_left) + std::string(glyphs_.line) +
                                        std::string(glyphs_.right) + " "
                                  : std::string(glyphs_.side) + Spaces(3);
    const std::size_t end = std::min(first + per_line_, cycle_.size());
    for (std::size_t i = first; i < end; ++i) {
      const std::size_t column = i % per_line_;
      line += Padded(cycle_[i].from, nodes_[column]) + " " +
              Labelled(cycle_[i].label, labels_[column], glyphs_);
      if (i + 1 == cycle_.size()) continue;
      line += glyphs_.right;
      if (i + 1 < end) line += ' ';
    }
    return line;
  }

  std::vector<std::string> WithoutMiddle(std::vector<std::string> lines) const {
    if (lines.size() <= kMostLines) return lines;
    const std::size_t first = kMostLines - kLastLines;
    const std::size_t left_out = lines.size() - first - kLastLines;
    lines.erase(lines.begin() + first, lines.end() - kLastLines);
    lines.insert(lines.begin() + first, std::string(glyphs_.side) + Spaces(3) +
                                            std::string(glyphs_.more) + " " +
                                            std::to_string(left_out) + " more lines");
    return lines;
  }

  std::span<const Edge> cycle_;
  std::size_t per_line_;
  const Glyphs& glyphs_;
  std::vector<int> nodes_, labels_;  // widths, by position in a line
};

std::vector<std::string> DrawCycle(std::span<const Edge> cycle, int width, const Glyphs& glyphs) {
  if (cycle.size() >= 2 && cycle.size() <= 4) {
    const Loop loop(cycle, glyphs);
    if (loop.Width() <= width) return loop.Draw();
  }
  const Ladder wide(cycle, std::min<std::size_t>(2, cycle.size()), glyphs);
  return wide.Width() <= width ? wide.Draw() : Ladder(cycle, 1, glyphs).Draw();
}

void DrawChains(std::span<const Edge> edges, int width, const Glyphs& glyphs,
                std::vector<std::string>& lines) {
  const std::string* end = nullptr;  // where the last line ends
  for (const Edge& edge : edges) {
    const std::string arrow = " " + Labelled(edge.label, DisplayWidth(edge.label) + 4, glyphs) +
                              std::string(glyphs.right) + " " + edge.to;
    const bool goes_on = end != nullptr && *end == edge.from &&
                         DisplayWidth(lines.back()) + DisplayWidth(arrow) <= width;
    if (goes_on) {
      lines.back() += arrow;
    } else {
      lines.push_back(edge.from + arrow);
    }
    end = &edge.to;
  }
}

}  // namespace

std::vector<std::string> DrawPicture(std::span<const Edge> edges, int width, bool unicode) {
  const Glyphs& glyphs = unicode ? kUnicode : kAscii;
  const std::vector<Edge> named = Named(edges);
  const std::size_t cycle = CycleLength(named);
  std::vector<std::string> lines;
  if (cycle > 0) lines = DrawCycle(std::span(named).first(cycle), width, glyphs);
  DrawChains(std::span(named).subspan(cycle), width, glyphs, lines);
  if (lines.size() > 2 * kMostLines) {
    const std::size_t more = lines.size() - 2 * kMostLines;
    lines.resize(2 * kMostLines);
    lines.push_back(std::string(glyphs.more) + " " + std::to_string(more) + " more lines");
  }
  return lines;
}

}  // namespace gordian::detector
