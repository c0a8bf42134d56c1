#include "detector/report/text.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "detector/report/display.h"
#include "detector/report/paint.h"
#include "detector/report/picture.h"
#include "detector/report/task_text.h"
#include "detector/report/wording.h"

namespace gordian::detector {
namespace {

constexpr int kLeastWidth = 40;
constexpr int kIndent = 4;
constexpr int kEndedItself = 66;  // of a program that its runtime ended, unless exitcode= says else
constexpr std::size_t kMostSteps = 40;
constexpr std::size_t kMostMeasures = 8;
constexpr std::size_t kMostPlaces = 8;

// What the reasons of a rule answer; the first row whose prefix fits.
std::string_view QuestionOf(std::string_view rule, Verdict verdict) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kQuestions = {{
      {"deadlock.", "Why it cannot end"},
      {"leak.context", "Why it leaks"},
      {"leak.timer", "Why it leaks"},
      {"leak.", "Why it will not end"},
      {"race.", "Why it is a race"},
      {"livelock.", "Why nothing moves on"},
      {"misuse.", "Why it is wrong"},
  }};
  if (verdict == Verdict::kPredicted || verdict == Verdict::kSuspected) return "How it can happen";
  for (const auto& [prefix, question] : kQuestions) {
    if (rule.starts_with(prefix)) return question;
  }
  return "Why";
}

Ink InkOf(Verdict verdict) {
  return verdict == Verdict::kConfirmed ? Ink::kRed
         : verdict == Verdict::kInfo    ? Ink::kDim
                                        : Ink::kYellow;
}

// The last part of the program's path, without its arguments.
std::string ProgramName(const TraceFacts& facts) {
  const std::string_view command = facts.command;
  return Printable(BaseName(command.substr(0, command.find(' '))));
}

class TextWriter {
 public:
  TextWriter(const Report& report, const TextStyle& style)
      : report_(report),
        style_(style),
        paint_(style.color),
        width_(std::max(style.width, kLeastWidth)) {}

  std::string Write() {
    std::vector<Entry> entries = Entries(report_);
    const auto measures = std::find_if(entries.begin(), entries.end(), [](const Entry& entry) {
      return entry.finding->verdict == Verdict::kInfo;
    });
    const auto findings = static_cast<std::size_t>(measures - entries.begin());
    for (std::size_t i = 0; i < findings; ++i) {
      if (i > 0) Line("\n" + paint_(Ink::kDim, Repeated(style_.unicode ? "─" : "-", width_)));
      Write(entries[i], i + 1, findings);
    }
    WriteMeasures(std::span(entries).subspan(findings));
    WriteAllowed();
    WriteSuppressed();
    WriteGaps();
    WriteProgram();
    WriteTotals(std::span(entries).first(findings));
    return std::move(text_);
  }

 private:
  static std::string Repeated(std::string_view glyph, int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += glyph;
    return text;
  }

  void Line(std::string_view line) {
    text_ += line;
    text_ += '\n';
  }

  void Paragraph(std::string_view text) {
    for (const std::string& line : Wrapped(Printable(text), width_)) Line(line);
  }

  // "  • …" for each, continued under the text.
  void List(std::span<const std::string> items) {
    const std::string bullet = style_.unicode ? "  • " : "  * ";
    for (const std::string& item : items) {
      std::string_view lead = bullet;
      for (const std::string& line : Wrapped(Printable(item), width_ - 4)) {
        Line(absl::StrCat(std::string(lead), line));
        lead = "    ";
      }
    }
  }

  void Section(std::string_view heading, std::span<const std::string> items) {
    if (items.empty()) return;
    Line("");
    Line(paint_(Ink::kBold, std::string(heading) + ":"));
    List(items);
  }

  void Write(const Entry& entry, std::size_t number, std::size_t of) {
    const Finding& finding = *entry.finding;
    FileNames files;
    files.AddAll(finding, entry.trace->sites);
    WriteHeader(entry, number, of);
    Line("");
    Paragraph(finding.summary.empty() ? finding.title : finding.summary);
    WriteOccurrences(entry);
    WritePicture(finding);
    const std::string tasks = TasksText(finding, entry.trace->sites, files, style_);
    if (!tasks.empty()) {
      Line("");
      text_ += tasks;
    }
    WriteFolded(entry);
    WriteObjects(entry, files);
    WriteSteps("A schedule that shows it", finding.schedule, entry, files);
    if (finding.schedule.empty()) WriteSteps("What happened", NewEvidence(finding), entry, files);
    Section(QuestionOf(finding.rule, finding.verdict), finding.reasons);
    Section("What to do", finding.advice);
    Line("");
    Line(paint_(Ink::kDim, absl::StrCat("fingerprint ", entry.fingerprint, Dot(),
                                        "gordian explain ", Printable(finding.rule))));
  }

  std::string Dot() const { return style_.unicode ? " · " : " - "; }

  void WriteHeader(const Entry& entry, std::size_t number, std::size_t of) {
    const Finding& finding = *entry.finding;
    std::string subject = Printable(finding.test);
    const std::string program = ProgramName(entry.trace->facts);
    if (subject.empty() || report_.traces.size() > 1) {
      subject = subject.empty() ? program : absl::StrCat(program, " ", subject);
    }
    const std::string rule = Printable(finding.rule);
    const std::string verdict(NameOf(finding.verdict));
    const std::string rest = subject.empty() ? "" : Dot() + subject;
    const std::string right = absl::StrCat(number, " of ", SayCount(of, "finding"));
    const int used = DisplayWidth(rule + Dot() + verdict + rest) + DisplayWidth(right);
    Line(absl::StrCat(paint_(Ink::kBold, rule), Dot(), paint_(InkOf(finding.verdict), verdict),
                      rest, std::string(static_cast<std::size_t>(std::max(4, width_ - used)), ' '),
                      paint_(Ink::kDim, right)));
  }

  void WriteOccurrences(const Entry& entry) {
    std::string text;
    if (entry.count > 1) absl::StrAppend(&text, "Seen ", entry.count, " times");
    if (entry.traces.size() > 1) {
      absl::StrAppend(&text, text.empty() ? "Seen in " : ", in ", entry.traces.size(), " of ",
                      report_.traces.size(), " traces");
    }
    if (!text.empty()) Line(text + ".");
  }

  // The other places where the same was seen.
  void WriteFolded(const Entry& entry) {
    FileNames files;
    for (const Finding* finding : entry.folded) files.AddAll(*finding, entry.trace->sites);
    std::vector<std::string> lines;
    for (const Finding* finding : entry.folded) {
      std::vector<std::string> places;
      for (const TaskPart& task : finding->tasks) {
        const Frame* frame = entry.trace->sites.Shown(task.at);
        if (frame != nullptr) places.push_back(files.Place(*frame));
      }
      const std::string line = absl::StrJoin(places, " and ");
      const bool listed = std::find(lines.begin(), lines.end(), line) != lines.end();
      if (places.size() <= 2 && !line.empty() && !listed) lines.push_back(line);
    }
    if (lines.size() > kMostPlaces) lines.resize(kMostPlaces);
    Section("The same again at", lines);
  }

  void WritePicture(const Finding& finding) {
    if (finding.picture.empty()) return;
    Line("");
    for (const std::string& line : DrawPicture(finding.picture, width_ - kIndent, style_.unicode)) {
      Line(std::string(kIndent, ' ') + line);
    }
  }

  // Objects that go by a number need to be told where they were made.
  void WriteObjects(const Entry& entry, const FileNames& files) {
    std::vector<std::string> lines;
    for (const ObjectPart& object : entry.finding->objects) {
      const std::string place = SiteText(entry.trace->sites, object.created_at, files);
      const bool is_memory = object.address != 0 && object.id == 0;
      if (place.empty() || (!is_memory && IsGivenName(object.name, object.kind))) continue;
      lines.push_back(
          is_memory
              ? absl::StrCat("The heap block was allocated in ", place)
              : absl::StrCat(Printable(object.name),
                             object.first_used ? " was first used in " : " was made in ", place));
    }
    if (lines.empty()) return;
    Line("");
    for (const std::string& line : lines) Line(line);
  }

  // Evidence that no task's part has shown already.
  static std::vector<Evidence> NewEvidence(const Finding& finding) {
    std::vector<Evidence> fresh;
    for (const Evidence& evidence : finding.evidence) {
      const bool shown =
          std::any_of(finding.tasks.begin(), finding.tasks.end(), [&](const TaskPart& task) {
            if (task.id != evidence.task) return false;
            return task.at == evidence.site || task.waiting.site == evidence.site ||
                   std::any_of(task.held.begin(), task.held.end(),
                               [&](const HeldLock& held) { return held.site == evidence.site; });
          });
      if (!shown) fresh.push_back(evidence);
    }
    return fresh;
  }

  void WriteSteps(std::string_view heading, std::span<const Evidence> steps, const Entry& entry,
                  const FileNames& files) {
    if (steps.empty()) return;
    Line("");
    Line(paint_(Ink::kBold, std::string(heading) + ":"));
    const std::size_t shown = std::min(steps.size(), kMostSteps);
    std::vector<std::array<std::string, 2>> rows;
    std::array<int, 2> widths = {0, 0};
    for (const Evidence& step : steps.first(shown)) {
      rows.push_back({TaskName(*entry.finding, step.task), Printable(step.what)});
      for (std::size_t i = 0; i < 2; ++i) {
        widths[i] = std::max(widths[i], std::min(DisplayWidth(rows.back()[i]), kWidestCell));
      }
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const std::string number = absl::StrCat(i + 1, ".");
      std::string line =
          absl::StrCat("  ", std::string(number.size() < 3 ? 3 - number.size() : 0, ' '), number,
                       " ", Padded(rows[i][0], widths[0]), "  ");
      const std::string place = SiteText(entry.trace->sites, steps[i].site, files);
      absl::StrAppend(&line, place.empty() ? rows[i][1] : Padded(rows[i][1], widths[1]),
                      place.empty() ? "" : "   ", place);
      Line(line);
    }
    if (steps.size() > shown) Line(absl::StrCat("      and ", steps.size() - shown, " more"));
  }

  static std::string TaskName(const Finding& finding, trace::TaskId id) {
    for (const TaskPart& task : finding.tasks) {
      if (task.id == id && !task.name.empty()) return Printable(task.name);
    }
    return absl::StrCat("task ", id);
  }

  void WriteMeasures(std::span<const Entry> measures) {
    if (measures.empty()) return;
    if (!text_.empty()) Line("");
    Line(paint_(Ink::kBold, "Measures:"));
    for (const Entry& entry : measures.first(std::min(measures.size(), kMostMeasures))) {
      const Finding& finding = *entry.finding;
      Line(absl::StrCat("  ", Printable(finding.rule), "  ",
                        Printable(finding.title.empty() ? finding.summary : finding.title)));
    }
    if (measures.size() > kMostMeasures) {
      Line(absl::StrCat("  and ", measures.size() - kMostMeasures,
                        " more (--format=json has them all)"));
    }
  }

  void WriteAllowed() {
    for (const AllowList::Pattern& pattern : report_.allowed) {
      if (!text_.empty() && &pattern == &report_.allowed.front()) Line("");
      const std::string quoted = absl::StrCat("\"", Printable(pattern.text), "\"");
      if (pattern.tasks > 0) {
        Line(absl::StrCat("Leaked on purpose, as ", quoted,
                          " allows: ", SayCount(pattern.tasks, "task"), "."));
      } else {
        Line(paint_(Ink::kYellow, absl::StrCat("Nothing leaked that ", quoted,
                                               " would allow: the pattern matched nothing.")));
      }
    }
  }

  void WriteSuppressed() {
    for (const TraceReport& trace : report_.traces) {
      for (const Suppressions::Line& line : trace.suppressed) {
        if (line.findings == 0) continue;
        if (!text_.empty()) Line("");
        Line(absl::StrCat("Left out, as the program's suppression \"", Printable(line.text),
                          "\" says: ", SayCount(line.findings, "finding"), "."));
      }
    }
  }

  void WriteGaps() {
    for (const TraceReport& trace : report_.traces) {
      if (trace.facts.complete && trace.facts.events > 0) continue;
      const std::string file = trace.facts.file.empty() ? "the trace" : trace.facts.file;
      std::string text = trace.facts.events == 0 ? absl::StrCat("Nothing was recorded in ", file)
                                                 : absl::StrCat("Not all is known of ", file);
      for (std::size_t i = 0; i < trace.facts.gaps.size(); ++i) {
        absl::StrAppend(&text, i == 0 ? ": " : "; ", trace.facts.gaps[i]);
      }
      if (!text_.empty()) Line("");
      for (const std::string& line : Wrapped(Printable(text + "."), width_)) {
        Line(paint_(Ink::kYellow, line));
      }
    }
  }

  void WriteProgram() {
    if (!report_.program) return;
    const ProgramEnd& end = *report_.program;
    std::string text;
    if (end.by_gordian) {
      text = end.hung ? "Gordian ended the program, which would not have ended by itself."
                      : "Gordian ended the program at its time limit.";
    } else if (end.signal) {
      text = absl::StrCat("The program was ended by signal ", *end.signal, ".");
    } else if (end.exit_status.value_or(0) != 0) {
      text = absl::StrCat("The program exited with status ", *end.exit_status,
                          *end.exit_status == kEndedItself ? ": it ended itself by a panic or a "
                                                             "report of its own, shown above."
                                                           : ".");
    }
    if (text.empty()) return;
    if (!text_.empty()) Line("");
    Line(text);
  }

  // A program that somebody asked to end has not failed.
  bool ProgramFailed() const {
    if (!report_.program || report_.program->status() == 0) return false;
    const int signal = report_.program->signal.value_or(0);
    return signal != SIGINT && signal != SIGTERM && signal != SIGHUP;
  }

  // "2 findings (1 confirmed, 1 predicted) · 1842 events, 12 tasks"
  void WriteTotals(std::span<const Entry> findings) {
    std::string text;
    if (findings.empty()) {
      text = report_.outcome == Outcome::kInconclusive ? "Inconclusive: no findings so far"
             : ProgramFailed() ? "The program itself failed, and no finding explains it"
                               : "No findings";
    } else {
      text = absl::StrCat(SayCount(findings.size(), "finding"), " (");
      std::string_view separator;
      for (Verdict verdict : {Verdict::kConfirmed, Verdict::kPredicted, Verdict::kSuspected}) {
        const auto count = std::count_if(findings.begin(), findings.end(), [&](const Entry& e) {
          return e.finding->verdict == verdict;
        });
        if (count == 0) continue;
        absl::StrAppend(&text, std::string(separator), count, " ", std::string(NameOf(verdict)));
        separator = ", ";
      }
      text += ")";
    }
    std::uint64_t events = 0, tasks = 0;
    for (const TraceReport& trace : report_.traces) {
      events += trace.facts.events;
      tasks += trace.facts.tasks;
    }
    absl::StrAppend(&text, Dot(), SayCount(events, "event"), ", ", SayCount(tasks, "task"));
    if (report_.traces.size() > 1) absl::StrAppend(&text, ", ", report_.traces.size(), " traces");
    if (!text_.empty()) Line("");
    const bool clean = report_.outcome == Outcome::kClean && findings.empty() && !ProgramFailed();
    Line(paint_(clean ? Ink::kGreen : Ink::kBold, text));
  }

  static constexpr int kWidestCell = 48;

  const Report& report_;
  const TextStyle& style_;
  Painter paint_;
  int width_;
  std::string text_;
};

}  // namespace

std::string ToText(const Report& report, const TextStyle& style) {
  return TextWriter(report, style).Write();
}

}  // namespace gordian::detector
