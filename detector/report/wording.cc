#include "detector/report/wording.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "detector/report/display.h"

namespace gordian::detector {
namespace {

struct KindWords {
  std::string_view one, many, said;
};

const KindWords& WordsOf(trace::TaskKind kind) {
  static constexpr std::array<KindWords, 5> kWords = {{
      {"goroutine", "goroutines", "Goroutine"},
      {"thread", "threads", "Thread"},
      {"timer", "timers", "Timer"},
      {"internal task", "internal tasks", "Internal task"},
      {"fiber", "fibers", "Fiber"},
  }};
  const auto index = static_cast<std::size_t>(kind);
  return kWords[index < kWords.size() ? index : 0];
}

bool IsNumber(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
}

// Whether `shorter` is `longer`, or its end after a slash.
bool IsEndOf(std::string_view shorter, std::string_view longer) {
  return longer == shorter ||
         (longer.ends_with(shorter) && longer[longer.size() - shorter.size() - 1] == '/');
}

// `path` without detours. A compiler may name one file relative to where it ran and again
// relative to nothing; the leading ".." tell nothing without that folder.
std::string WithoutDetours(std::string_view path) {
  std::string plain = std::filesystem::path(path).lexically_normal().string();
  std::string_view rest = plain;
  while (rest.starts_with("../")) rest.remove_prefix(3);
  return std::string(rest);
}

}  // namespace

void FileNames::Add(std::string_view path) {
  std::string plain = WithoutDetours(path);
  auto& same_base = paths_[std::string(BaseName(plain))];
  for (const std::string& other : same_base) {
    if (IsEndOf(plain, other)) return;
  }
  absl::erase_if(same_base, [&](const std::string& other) { return IsEndOf(other, plain); });
  same_base.insert(std::move(plain));
}

void FileNames::AddAll(const Finding& finding, const SiteTable& sites) {
  const auto add = [&](trace::SiteId site) {
    for (const Frame& frame : sites.Frames(site)) Add(frame.file);
  };
  for (const TaskPart& part : finding.tasks) {
    add(part.spawned_at);
    add(part.at);
    add(part.waiting.site);
    for (const HeldLock& held : part.held) add(held.site);
  }
  for (const ObjectPart& object : finding.objects) add(object.created_at);
  for (const Evidence& evidence : finding.evidence) add(evidence.site);
  for (const Evidence& step : finding.schedule) add(step.site);
}

std::string FileNames::Name(std::string_view recorded) const {
  const std::string plain = WithoutDetours(recorded);
  const std::string_view path = plain;
  const auto same_base = paths_.find(std::string(BaseName(path)));
  if (same_base == paths_.end() || path.empty()) return Printable(path);
  std::size_t slash = path.rfind('/');
  while (slash != std::string_view::npos) {
    const std::string_view end = path.substr(slash + 1);
    const auto fitting =
        std::count_if(same_base->second.begin(), same_base->second.end(),
                      [&](const std::string& other) { return IsEndOf(end, other); });
    if (fitting <= 1 || slash == 0) return Printable(end);
    slash = path.rfind('/', slash - 1);
  }
  return Printable(path);
}

std::string FileNames::Place(const Frame& frame) const {
  const std::string name = Name(frame.file);
  return frame.line == 0 ? name : absl::StrCat(name, ":", frame.line);
}

std::string SayFunction(const Frame& frame) {
  std::string name = Printable(FunctionName(frame.function));
  if (name.empty()) return name;
  constexpr std::string_view kLambda = "(lambda)";
  if (name == kLambda) return "a lambda";
  if (name.ends_with(kLambda)) {
    std::string around = name.substr(0, name.size() - kLambda.size());
    if (around.ends_with("::")) around.resize(around.size() - 2);
    return "lambda in " + around + (around.ends_with(")") ? "" : "()");
  }
  return name + "()";
}

std::string SayTask(const TaskPart& part) {
  const KindWords& words = WordsOf(part.kind);
  const std::string plain = absl::StrCat(std::string(words.one), " ", part.id);
  if (part.name == "main") return "Main";
  std::string text = absl::StrCat(std::string(words.said), " ", part.id);
  if (!part.name.empty() && part.name != plain) {
    absl::StrAppend(&text, " \"", Printable(part.name), "\"");
  }
  return text;
}

std::string_view SayTasks(trace::TaskKind kind) { return WordsOf(kind).many; }

std::string SayDuration(std::uint64_t ns) {
  const double seconds = static_cast<double>(ns) / 1e9;
  if (ns < 1'000) return absl::StrFormat("%d ns", ns);
  if (ns < 1'000'000) return absl::StrFormat("%.1f µs", seconds * 1e6);
  if (ns < 999'500'000) return absl::StrFormat("%.0f ms", seconds * 1e3);
  if (seconds < 100) return absl::StrFormat("%.1f s", seconds);
  const std::uint64_t whole = ns / 1'000'000'000;
  return absl::StrFormat("%d min %d s", whole / 60, whole % 60);
}

std::string SayCount(std::uint64_t count, std::string_view one) {
  return absl::StrCat(count, " ", std::string(one), count == 1 ? "" : "s");
}

bool IsGivenName(std::string_view name, trace::ObjectKind kind) {
  const std::size_t space = name.rfind(' ');
  if (space == std::string_view::npos) return !name.empty();
  std::string_view word = name.substr(0, space);
  if (word.starts_with("timer ")) word.remove_prefix(6);
  return word != trace::NameOf(kind) || !IsNumber(name.substr(space + 1));
}

}  // namespace gordian::detector
