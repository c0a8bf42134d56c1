#include "detector/report/task_text.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "detector/report/display.h"
#include "detector/report/paint.h"
#include "detector/report/snippet.h"

namespace gordian::detector {
namespace {

constexpr std::size_t kColumns = 5;
constexpr int kWidestColumn = 42;  // a longer cell pushes its own row only
// A trace's clock is read now and then: a shorter wait says nothing.
constexpr std::uint64_t kTellingWaitNs = 1'000'000;
constexpr std::size_t kMostCallers = 8;
constexpr std::size_t kMostTasks = 12;
constexpr std::size_t kMostHeld = 8;
constexpr std::uint32_t kLinesBefore = 2;
constexpr std::uint32_t kLinesToHold = 6;  // a hold this near above is shown with the wait

// verb, what, preposition, function, place; then a note.
struct Row {
  std::array<std::string, kColumns> cells;
  std::string note;
};

// A task as it will be printed.
struct Part {
  std::string title;
  std::vector<Row> rows;
  const Frame* here = nullptr;   // the place whose source is shown
  std::uint32_t first_line = 0;  // of the source that is shown
};

class PartWriter {
 public:
  PartWriter(const Finding& finding, const SiteTable& sites, const FileNames& files)
      : finding_(finding), sites_(sites), files_(files) {}

  Part Write(const TaskPart& task) {
    Part part;
    part.title = Title(task);
    for (std::size_t i = 0; i < std::min(task.held.size(), kMostHeld); ++i) {
      const HeldLock& held = task.held[i];
      AddRow(part, {"holds", NameOf(held.object) + (held.shared ? " (read)" : ""), "since"},
             held.site, "");
    }
    if (task.held.size() > kMostHeld) {
      part.rows.push_back(
          {{"holds", absl::StrCat("and ", task.held.size() - kMostHeld, " more locks")}, ""});
    }
    if (task.is_waiting) AddWait(part, task);
    if (!task.is_waiting) AddDeed(part, task);
    ShowSource(part, task);
    return part;
  }

 private:
  std::string Title(const TaskPart& task) const {
    std::string title = SayTask(task);
    if (task.count > 1) {
      absl::StrAppend(&title, " and ", task.count - 1, " more ",
                      task.count == 2 ? "that does" : "that do", " the same");
    }
    if (task.count == 1) {
      for (const auto& [name, value] : task.labels) {
        absl::StrAppend(&title, " ", Printable(name), "=", Printable(value));
      }
    }
    if (const Frame* frame = sites_.Shown(task.spawned_at)) {
      absl::StrAppend(&title, ", started at ", files_.Place(*frame));
    }
    // That it waits is said below.
    if (task.is_waiting && !task.what.empty() && task.what.find("waits") == std::string::npos) {
      absl::StrAppend(&title, ", which ", Printable(task.what));
    }
    return title;
  }

  std::string NameOf(trace::ObjectId id) const {
    for (const ObjectPart& object : finding_.objects) {
      if (object.id == id && !object.name.empty()) return Printable(object.name);
    }
    return id == 0 ? "" : absl::StrCat("object ", id);
  }

  // "accounts[1].mu", "jobs (channel receive)", "goroutine 7 (join)", "select over a, b".
  std::string WaitedFor(const Waiting& waiting) const {
    const std::string operation = Printable(waiting.operation);
    if (!waiting.choices.empty()) {
      std::string text = operation.empty() ? "select" : operation;
      for (std::size_t i = 0; i < waiting.choices.size(); ++i) {
        const std::string name = NameOf(waiting.choices[i]);
        absl::StrAppend(&text, i == 0 ? " over " : ", ", name.empty() ? "nil" : name);
      }
      return text;
    }
    std::string name = NameOf(waiting.object);
    if (name.empty() && waiting.joined_task != 0) name = Joined(waiting);
    if (name.empty()) return operation;
    if (operation.empty() || operation == "Lock") return name;
    return absl::StrCat(name, " (", operation, ")");
  }

  std::string Joined(const Waiting& waiting) const {
    if (!waiting.joined_name.empty()) return Printable(waiting.joined_name);
    const trace::TaskId id = waiting.joined_task;
    for (const TaskPart& task : finding_.tasks) {
      if (task.id == id && !task.name.empty()) return Printable(task.name);
    }
    return absl::StrCat("task ", id);
  }

  void AddWait(Part& part, const TaskPart& task) const {
    const Waiting& waiting = task.waiting;
    AddRow(part, {"waits", WaitedFor(waiting), "at"}, waiting.site,
           waiting.duration_ns < kTellingWaitNs
               ? ""
               : absl::StrCat("(for ", SayDuration(waiting.duration_ns), ")"));
    AddCallers(part, waiting.site);
  }

  // What it did, or where it stands.
  void AddDeed(Part& part, const TaskPart& task) const {
    if (task.what.empty() && sites_.Shown(task.at) == nullptr) return;
    const std::string what = Printable(task.what);
    const std::size_t space = what.find(' ');
    if (what.empty()) {
      AddRow(part, {"stands", "", "at"}, task.at, "");
    } else {
      AddRow(
          part,
          {what.substr(0, space), space == std::string::npos ? "" : what.substr(space + 1), "at"},
          task.at, "");
    }
    AddCallers(part, task.at);
  }

  void AddRow(Part& part, std::array<std::string, 3> cells, trace::SiteId site,
              std::string note) const {
    Row row{{std::move(cells[0]), std::move(cells[1])}, std::move(note)};
    if (const Frame* frame = sites_.Shown(site)) {
      row.cells[2] = std::move(cells[2]);
      row.cells[3] = SayFunction(*frame);
      row.cells[4] = files_.Place(*frame);
    }
    part.rows.push_back(std::move(row));
  }

  // Who called the function that is shown, where a stack was recorded.
  void AddCallers(Part& part, trace::SiteId site) const {
    const std::span<const Frame> frames = sites_.Frames(site);
    const Frame* shown = sites_.Shown(site);
    std::size_t callers = 0;
    for (const Frame& frame : frames) {
      if (&frame <= shown || IsPlumbing(frame)) continue;
      if (++callers > kMostCallers) break;
      part.rows.push_back({{"", "", "from", SayFunction(frame), files_.Place(frame)}, ""});
    }
  }

  void ShowSource(Part& part, const TaskPart& task) const {
    part.here = sites_.Shown(task.is_waiting ? task.waiting.site : task.at);
    if (part.here == nullptr) return;
    const std::uint32_t line = part.here->line;
    part.first_line = line > kLinesBefore ? line - kLinesBefore : 1;
    for (const HeldLock& held : task.held) {
      const Frame* frame = sites_.Shown(held.site);
      if (frame != nullptr && frame->file == part.here->file && frame->line < line &&
          frame->line + kLinesToHold >= line) {
        part.first_line = std::min(part.first_line, std::max(1u, frame->line - 1));
      }
    }
  }

  const Finding& finding_;
  const SiteTable& sites_;
  const FileNames& files_;
};

class Printer {
 public:
  Printer(const std::vector<Part>& parts, const SiteTable& sites, const TextStyle& style)
      : parts_(parts), style_(style), paint_(style.color), sources_(sites.Program()) {
    for (const Part& part : parts) {
      for (const Row& row : part.rows) {
        for (std::size_t i = 0; i < kColumns; ++i) {
          const int width = DisplayWidth(row.cells[i]);
          if (width <= kWidestColumn) widths_[i] = std::max(widths_[i], width);
        }
      }
    }
  }

  std::string Print() {
    for (const Part& part : parts_) {
      absl::StrAppend(&text_, paint_(Ink::kCyan, part.title), "\n");
      for (const Row& row : part.rows) PrintRow(row);
      if (style_.sources) PrintSource(part);
    }
    return std::move(text_);
  }

 private:
  void PrintRow(const Row& row) {
    static constexpr std::array<Ink, kColumns> kInks = {Ink::kBold, Ink::kYellow, Ink::kDim,
                                                        Ink::kPlain, Ink::kPlain};
    static constexpr std::array<std::size_t, kColumns> kGaps = {2, 2, 3, 1, 2};
    std::size_t last = kColumns;
    while (last > 1 && row.cells[last - 1].empty()) --last;
    for (std::size_t i = 0; i < (row.note.empty() ? last : kColumns); ++i) {
      if (widths_[i] == 0) continue;
      const bool padded = i + 1 < last || !row.note.empty();
      absl::StrAppend(&text_, std::string(kGaps[i], ' '),
                      paint_(kInks[i], padded ? Padded(row.cells[i], widths_[i]) : row.cells[i]));
    }
    if (!row.note.empty()) absl::StrAppend(&text_, "   ", paint_(Ink::kDim, row.note));
    text_ += '\n';
  }

  void PrintSource(const Part& part) {
    if (part.here == nullptr || part.here->line == 0) return;
    if (!shown_.insert({part.here->file, part.here->line}).second) return;
    const std::vector<SourceLine> lines =
        sources_.Lines(part.here->file, part.first_line, part.here->line);
    if (lines.empty()) return;
    const int digits = DisplayWidth(absl::StrCat(part.here->line));
    for (const SourceLine& line : lines) {
      const bool here = line.number == part.here->line;
      const std::string number = absl::StrCat(line.number);
      const std::string gutter =
          absl::StrCat("        ", here ? (style_.unicode ? "▶" : ">") : " ", " ",
                       std::string(static_cast<std::size_t>(digits - DisplayWidth(number)), ' '),
                       number, style_.unicode ? " │ " : " | ");
      const std::string code = Shortened(line.text, std::max(20, style_.width - 14 - digits));
      absl::StrAppend(&text_,
                      here ? paint_(Ink::kRed, gutter) + paint_(Ink::kBold, code)
                           : paint_(Ink::kDim, gutter) + code,
                      "\n");
    }
  }

  const std::vector<Part>& parts_;
  const TextStyle& style_;
  Painter paint_;
  SourceFiles sources_;
  std::array<int, kColumns> widths_{};
  std::set<std::pair<std::string, std::uint32_t>> shown_;
  std::string text_;
};

}  // namespace

std::string TasksText(const Finding& finding, const SiteTable& sites, const FileNames& files,
                      const TextStyle& style) {
  PartWriter writer(finding, sites, files);
  std::vector<Part> parts;
  for (std::size_t i = 0; i < std::min(finding.tasks.size(), kMostTasks); ++i) {
    parts.push_back(writer.Write(finding.tasks[i]));
  }
  std::string text = Printer(parts, sites, style).Print();
  if (finding.tasks.size() > kMostTasks) {
    absl::StrAppend(&text, "… and ", finding.tasks.size() - kMostTasks, " more tasks\n");
  }
  return text;
}

std::string SiteText(const SiteTable& sites, trace::SiteId site, const FileNames& files) {
  const Frame* frame = sites.Shown(site);
  if (frame == nullptr) return "";
  const std::string function = SayFunction(*frame);
  return function.empty() ? files.Place(*frame) : absl::StrCat(function, "  ", files.Place(*frame));
}

}  // namespace gordian::detector
