// gordian stats TRACE: counts, contention, and how parallel the program was.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "detector/report/display.h"
#include "detector/report/wording.h"
#include "tools/command.h"
#include "tools/outcome.h"
#include "tools/report_options.h"
#include "tools/trace_input.h"
#include "tools/trace_stats.h"

namespace gordian::tools {
namespace {

using detector::Padded;
using detector::SayDuration;
using Json = nlohmann::ordered_json;

constexpr std::size_t kSlices = 60;
constexpr std::size_t kMostContended = 10;
constexpr int kNameColumns = 40;

std::vector<std::pair<std::string_view, std::uint64_t>> EventCounts(const TraceStats& stats) {
  std::vector<std::pair<std::string_view, std::uint64_t>> counts;
  for (std::size_t i = 1; i < trace::kEventTypes; ++i) {
    const auto type = static_cast<trace::EventType>(i);
    if (stats.Count(type) > 0) counts.emplace_back(trace::Spec(type).name, stats.Count(type));
  }
  std::sort(counts.begin(), counts.end(), [](const auto& a, const auto& b) {
    return std::pair(b.second, a.first) < std::pair(a.second, b.first);
  });
  return counts;
}

std::map<std::string, std::uint64_t> TaskCounts(const detector::Model& model) {
  std::map<std::string, std::uint64_t> counts;
  for (trace::TaskId id = 1; id <= model.task_count(); ++id) {
    ++counts[std::string(detector::SayTasks(model.Task(id).kind))];
  }
  return counts;
}

std::map<std::string, std::uint64_t> ObjectCounts(const detector::Model& model) {
  std::map<std::string, std::uint64_t> counts;
  for (trace::ObjectId id = 1; id <= model.object_count(); ++id) {
    ++counts[std::string(trace::NameOf(model.Object(id).kind))];
  }
  return counts;
}

// One character per slice, scaled to the most that ran at once.
std::string Sparkline(const std::vector<double>& timeline) {
  static constexpr std::array<std::string_view, 9> kBars = {" ", "▁", "▂", "▃", "▄",
                                                            "▅", "▆", "▇", "█"};
  const double most = *std::max_element(timeline.begin(), timeline.end());
  std::string line;
  for (double value : timeline) {
    const double scaled = most > 0 ? value / most * (kBars.size() - 1) : 0;
    line += kBars[value > 0 ? std::max<std::size_t>(1, static_cast<std::size_t>(scaled + 0.5)) : 0];
  }
  return line;
}

std::string ParallelismText(const TraceStats::Parallelism& parallel) {
  if (parallel.busy_ns() == 0) return "Parallelism: the trace has no clock readings to tell\n";
  const double most = *std::max_element(parallel.timeline.begin(), parallel.timeline.end());
  std::string text = absl::StrFormat(
      "Parallelism over %s\n  %s  (full height: %.1f tasks at once)\n",
      SayDuration(parallel.end_ns - parallel.begin_ns), Sparkline(parallel.timeline), most);
  for (std::size_t n = 0; n < parallel.at_once_ns.size(); ++n) {
    const std::uint64_t ns = parallel.at_once_ns[n];
    if (ns == 0) continue;
    absl::StrAppendFormat(
        &text, "  %5d at once  %10s  %5.1f %%\n", n, SayDuration(ns),
        100.0 * static_cast<double>(ns) / static_cast<double>(parallel.end_ns - parallel.begin_ns));
  }
  absl::StrAppendFormat(&text, "  on average %.2f tasks while any ran\n", parallel.average());
  absl::StrAppendFormat(&text, "  serial share %.1f %%", 100 * parallel.serial_share());
  if (parallel.amdahl_bound() > 0) {
    absl::StrAppendFormat(&text, ": by Amdahl's law at most ×%.1f faster, however many processors",
                          parallel.amdahl_bound());
  }
  return text + "\n";
}

std::string ContentionText(const TraceStats& stats) {
  const std::vector<TraceStats::Waits> contended = stats.Contention();
  if (contended.empty()) return "Contention: nobody waited\n";
  std::string text =
      absl::StrFormat("Contention (the most waited for first)\n  %s %10s %10s %12s %12s\n",
                      Padded("object", kNameColumns), "uses", "waits", "waited", "longest");
  for (std::size_t i = 0; i < std::min(contended.size(), kMostContended); ++i) {
    const TraceStats::Waits& waits = contended[i];
    const std::string name = detector::Shortened(
        detector::Printable(stats.model().ObjectName(waits.object)), kNameColumns);
    absl::StrAppendFormat(&text, "  %s %10d %10d %12s %12s\n", Padded(name, kNameColumns),
                          waits.uses, waits.waits, SayDuration(waits.total_ns),
                          SayDuration(waits.longest_ns));
  }
  if (contended.size() > kMostContended) {
    absl::StrAppend(&text, "  and ", contended.size() - kMostContended, " more\n");
  }
  return text;
}

std::string CountsText(const TraceStats& stats) {
  std::string text = absl::StrCat(detector::SayCount(stats.model().events(), "event"), "\n");
  const auto append = [&](std::string_view heading, const auto& counts) {
    absl::StrAppend(&text, std::string(heading));
    std::string_view separator = " ";
    for (const auto& [name, count] : counts) {
      absl::StrAppend(&text, std::string(separator), std::string(name), " ", count);
      separator = ", ";
    }
    text += '\n';
  };
  append("  by type:", EventCounts(stats));
  append("  tasks:", TaskCounts(stats.model()));
  append("  objects:", ObjectCounts(stats.model()));
  return text;
}

Json ToJson(const TraceStats& stats, const TraceStats::Parallelism& parallel) {
  Json json;
  json["schema"] = 1;
  json["events"] = stats.model().events();
  for (const auto& [name, count] : EventCounts(stats)) json["by_type"][std::string(name)] = count;
  json["tasks"] = TaskCounts(stats.model());
  json["objects"] = ObjectCounts(stats.model());
  json["contention"] = Json::array();
  for (const TraceStats::Waits& waits : stats.Contention()) {
    json["contention"].push_back({{"object", waits.object},
                                  {"name", stats.model().ObjectName(waits.object)},
                                  {"uses", waits.uses},
                                  {"waits", waits.waits},
                                  {"waited_ns", waits.total_ns},
                                  {"longest_ns", waits.longest_ns}});
  }
  json["parallelism"] = {{"duration_ns", parallel.end_ns - parallel.begin_ns},
                         {"at_once_ns", parallel.at_once_ns},
                         {"timeline", parallel.timeline},
                         {"average", parallel.average()},
                         {"serial_share", parallel.serial_share()},
                         {"amdahl_bound", parallel.amdahl_bound()}};
  return json;
}

class Stats final : public Command {
 public:
  void Declare(CLI::App& app) override {
    app.add_option("TRACE", path_, "the trace")->required();
    input_.Declare(app);
    app.add_option("--format", format_, "text or json")
        ->check(CLI::IsMember({"text", "json"}))
        ->capture_default_str();
  }

  int Run() override {
    absl::StatusOr<TraceInput::Opened> opened = input_.Open(path_);
    if (!opened.ok()) return Complain(std::string(opened.status().message()));
    TraceStats stats;
    const absl::StatusOr<std::vector<std::string>> gaps =
        ReadEvents(path_, *opened->source, [&](const trace::Event& event) { stats.Take(event); });
    if (!gaps.ok()) return Complain(std::string(gaps.status().message()));
    const TraceStats::Parallelism parallel = stats.MeasureParallelism(kSlices);
    const std::string text =
        format_ == "json"
            ? ToJson(stats, parallel).dump(2, ' ', false, Json::error_handler_t::replace) + "\n"
            : CountsText(stats) + "\n" + ContentionText(stats) + "\n" + ParallelismText(parallel);
    if (absl::Status status = WriteAll(STDOUT_FILENO, text); !status.ok()) {
      return Complain(absl::StrCat("stats: ", std::string(status.message())));
    }
    for (const std::string& gap : *gaps) Complain(absl::StrCat(path_, ": ", gap));
    return gaps->empty() ? 0 : kExitInconclusive;
  }

 private:
  std::string path_;
  std::string format_ = "text";
  TraceInput input_;
};

}  // namespace

std::unique_ptr<Command> MakeStats() { return std::make_unique<Stats>(); }

}  // namespace gordian::tools
