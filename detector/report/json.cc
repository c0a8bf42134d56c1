#include "detector/report/json.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"

namespace gordian::detector {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kSchema = 1;

Json FrameJson(const Frame& frame) {
  return {{"function", FunctionName(frame.function)}, {"file", frame.file}, {"line", frame.line}};
}

Json PlaceJson(const SiteTable& sites, trace::SiteId site) {
  const Frame* frame = sites.Shown(site);
  return frame == nullptr ? Json() : FrameJson(*frame);
}

// From the frame that a person looks at outwards.
Json StackJson(const SiteTable& sites, trace::SiteId site) {
  Json stack = Json::array();
  const Frame* shown = sites.Shown(site);
  for (const Frame& frame : sites.Frames(site)) {
    if (&frame >= shown) stack.push_back(FrameJson(frame));
  }
  return stack;
}

std::string_view KindName(trace::TaskKind kind) {
  switch (kind) {
    case trace::TaskKind::kThread:
      return "thread";
    case trace::TaskKind::kTimer:
      return "timer";
    case trace::TaskKind::kInternal:
      return "internal";
    case trace::TaskKind::kFiber:
      return "fiber";
    case trace::TaskKind::kGoroutine:
      break;
  }
  return "goroutine";
}

// Writes one finding; knows the names that the finding gives to its objects and tasks.
class FindingWriter {
 public:
  FindingWriter(const Entry& entry)
      : entry_(entry), finding_(*entry.finding), sites_(entry.trace->sites) {}

  Json Write() const {
    Json json = {{"rule", finding_.rule},   {"verdict", NameOf(finding_.verdict)},
                 {"title", finding_.title}, {"fingerprint", entry_.fingerprint},
                 {"test", finding_.test},   {"summary", finding_.summary},
                 {"count", entry_.count},   {"traces", entry_.traces}};
    json["tasks"] = Each(finding_.tasks, &FindingWriter::TaskJson);
    json["objects"] = Each(finding_.objects, &FindingWriter::ObjectJson);
    json["evidence"] = Each(finding_.evidence, &FindingWriter::EvidenceJson);
    json["schedule"] = Each(finding_.schedule, &FindingWriter::EvidenceJson);
    json["picture"] = Each(finding_.picture, &FindingWriter::EdgeJson);
    json["reasons"] = finding_.reasons;
    json["advice"] = finding_.advice;
    json["also"] = Json::array();
    for (const Finding* folded : entry_.folded) json["also"].push_back(folded->title);
    return json;
  }

 private:
  template <class T>
  Json Each(const std::vector<T>& parts, Json (FindingWriter::*write)(const T&) const) const {
    Json array = Json::array();
    for (const T& part : parts) array.push_back((this->*write)(part));
    return array;
  }

  std::string ObjectName(trace::ObjectId id) const {
    for (const ObjectPart& object : finding_.objects) {
      if (object.id == id) return object.name;
    }
    return id == 0 ? "" : absl::StrCat("object ", id);
  }

  Json TaskJson(const TaskPart& task) const {
    return {{"id", task.id},
            {"name", task.name},
            {"labels", LabelsJson(task)},
            {"kind", KindName(task.kind)},
            {"stack", StackJson(sites_, task.is_waiting ? task.waiting.site : task.at)},
            {"held", Each(task.held, &FindingWriter::HeldJson)},
            {"waiting_for", task.is_waiting ? WaitingJson(task.waiting) : Json()},
            {"what", task.what},
            {"count", task.count},
            {"parent", task.parent},
            {"started_at", PlaceJson(sites_, task.spawned_at)}};
  }

  static Json LabelsJson(const TaskPart& task) {
    Json labels = Json::object();
    for (const auto& [name, value] : task.labels) labels[name] = value;
    return labels;
  }

  Json HeldJson(const HeldLock& held) const {
    return {{"object", held.object},
            {"name", ObjectName(held.object)},
            {"mode", held.shared ? "shared" : "exclusive"},
            {"stack", StackJson(sites_, held.site)}};
  }

  Json WaitingJson(const Waiting& waiting) const {
    Json choices = Json::array();
    for (trace::ObjectId choice : waiting.choices) {
      choices.push_back({{"object", choice}, {"name", ObjectName(choice)}});
    }
    return {{"object", waiting.object},          {"name", ObjectName(waiting.object)},
            {"task", waiting.joined_task},       {"operation", waiting.operation},
            {"choices", std::move(choices)},     {"since_ns", waiting.since_ns},
            {"duration_ns", waiting.duration_ns}};
  }

  Json ObjectJson(const ObjectPart& object) const {
    Json json = {{"id", object.id},
                 {"kind", trace::NameOf(object.kind)},
                 {"name", object.name},
                 {"created_at", PlaceJson(sites_, object.created_at)}};
    if (object.address != 0) {
      json["address"] = absl::StrCat("0x", absl::Hex(object.address));
      json["bytes"] = object.bytes;
    }
    return json;
  }

  Json EvidenceJson(const Evidence& evidence) const {
    return {{"event", evidence.seq},
            {"task", evidence.task},
            {"what", evidence.what},
            {"at", PlaceJson(sites_, evidence.site)}};
  }

  Json EdgeJson(const Edge& edge) const {
    return {{"from", edge.from}, {"label", edge.label}, {"to", edge.to}};
  }

  const Entry& entry_;
  const Finding& finding_;
  const SiteTable& sites_;
};

Json TraceJson(const TraceFacts& facts) {
  return {
      {"file", facts.file},       {"command", facts.command}, {"complete", facts.complete},
      {"gaps", facts.gaps},       {"events", facts.events},   {"tasks", facts.tasks},
      {"objects", facts.objects}, {"dropped", facts.dropped}, {"duration_ns", facts.duration_ns}};
}

// All traces as one: what a reader of a single verdict asks first.
Json TotalJson(const Report& report) {
  TraceFacts total;
  for (const TraceReport& trace : report.traces) {
    total.complete = total.complete && trace.facts.complete;
    total.events += trace.facts.events;
    total.tasks += trace.facts.tasks;
    total.dropped += trace.facts.dropped;
  }
  return {{"complete", total.complete},
          {"events", total.events},
          {"tasks", total.tasks},
          {"dropped", total.dropped}};
}

Json ProgramJson(const Report& report) {
  if (!report.program) return nullptr;
  const ProgramEnd& end = *report.program;
  return {{"status", end.status()},
          {"exit_status", end.exit_status ? Json(*end.exit_status) : Json()},
          {"signal", end.signal ? Json(*end.signal) : Json()},
          {"by_gordian", end.by_gordian}};
}

Json AllowedJson(const Report& report) {
  Json allowed = Json::array();
  for (const AllowList::Pattern& pattern : report.allowed) {
    allowed.push_back({{"pattern", pattern.text}, {"tasks", pattern.tasks}});
  }
  return allowed;
}

Json SuppressedJson(const Report& report) {
  Json suppressed = Json::array();
  for (const TraceReport& trace : report.traces) {
    for (const Suppressions::Line& line : trace.suppressed) {
      suppressed.push_back({{"line", line.text}, {"findings", line.findings}});
    }
  }
  return suppressed;
}

Json MeasuresJson(const Report& report, const std::vector<Entry>& entries) {
  Json verdicts = Json::object();
  for (Verdict verdict :
       {Verdict::kConfirmed, Verdict::kPredicted, Verdict::kSuspected, Verdict::kInfo}) {
    verdicts[std::string(NameOf(verdict))] =
        std::count_if(entries.begin(), entries.end(),
                      [&](const Entry& entry) { return entry.finding->verdict == verdict; });
  }
  std::uint64_t objects = 0, duration = 0;
  for (const TraceReport& trace : report.traces) {
    objects += trace.facts.objects;
    duration = std::max(duration, trace.facts.duration_ns);
  }
  return {{"findings", std::move(verdicts)}, {"objects", objects}, {"duration_ns", duration}};
}

}  // namespace

std::string ToJson(const Report& report) {
  const std::vector<Entry> entries = Entries(report);
  Json findings = Json::array();
  for (const Entry& entry : entries) findings.push_back(FindingWriter(entry).Write());
  Json traces = Json::array();
  for (const TraceReport& trace : report.traces) traces.push_back(TraceJson(trace.facts));

  Json json;
  json["schema"] = kSchema;
  json["outcome"] = NameOf(report.outcome);
  json["exit_status"] = report.exit_status;
  json["program"] = ProgramJson(report);
  json["trace"] = TotalJson(report);
  json["traces"] = std::move(traces);
  json["findings"] = std::move(findings);
  json["allowed"] = AllowedJson(report);
  json["suppressed"] = SuppressedJson(report);
  json["measures"] = MeasuresJson(report, entries);
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace gordian::detector
