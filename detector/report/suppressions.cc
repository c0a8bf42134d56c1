#include "detector/report/suppressions.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "detector/report/allow_list.h"

namespace gordian::detector {
namespace {

bool MatchesTemplate(std::string_view text, std::string_view wanted) {
  if (wanted.empty() || text.empty()) return false;
  const bool from_start = wanted.front() == '^', to_end = wanted.back() == '$';
  if (from_start) wanted.remove_prefix(1);
  if (to_end && !wanted.empty()) wanted.remove_suffix(1);
  return MatchesPattern(absl::StrCat(from_start ? "" : "*", std::string(wanted), to_end ? "" : "*"),
                        text);
}

// The places that a finding shows, looked at by one template.
class Places {
 public:
  Places(const Finding& finding, const SiteTable& sites, std::string_view wanted)
      : finding_(finding), sites_(sites), wanted_(wanted) {}

  bool Has(const Frame& frame) const {
    return MatchesTemplate(frame.function, wanted_) || MatchesTemplate(frame.file, wanted_);
  }
  bool Has(trace::SiteId site) const {
    const std::vector<const Module*> modules = sites_.ModulesOf(site);
    return std::ranges::any_of(sites_.Frames(site), [&](const Frame& f) { return Has(f); }) ||
           std::ranges::any_of(modules,
                               [&](const Module* m) { return MatchesTemplate(m->path, wanted_); });
  }
  bool InParts() const {
    return std::ranges::any_of(finding_.tasks, [&](const TaskPart& part) {
      return Has(part.at) || (part.is_waiting && Has(part.waiting.site)) ||
             std::ranges::any_of(part.held, [&](const HeldLock& held) { return Has(held.site); });
    });
  }
  bool InSpawns() const {
    return std::ranges::any_of(finding_.tasks,
                               [&](const TaskPart& part) { return Has(part.spawned_at); });
  }
  bool InObjects() const {
    return std::ranges::any_of(finding_.objects, [&](const ObjectPart& object) {
      return MatchesTemplate(object.name, wanted_) || Has(object.created_at);
    });
  }
  bool OnTop() const {
    return std::ranges::any_of(finding_.tasks, [&](const TaskPart& part) {
      const std::span<const Frame> frames = sites_.Frames(part.at);
      return !frames.empty() && Has(frames.front());
    });
  }
  bool CalledFromModule() const {
    return std::ranges::any_of(finding_.tasks, [&](const TaskPart& part) {
      const std::vector<const Module*> modules = sites_.ModulesOf(part.at);
      return !modules.empty() && MatchesTemplate(modules.front()->path, wanted_);
    });
  }

 private:
  const Finding& finding_;
  const SiteTable& sites_;
  const std::string_view wanted_;
};

bool IsRace(const Finding& finding) { return absl::StartsWith(finding.rule, "race."); }

bool IsMisuseOfLock(const Finding& finding) {
  static constexpr std::array<std::string_view, 4> kRules = {
      "misuse.unlock-unlocked", "misuse.unlock-not-owner", "misuse.lock-destroyed",
      "misuse.held-at-exit"};
  return std::ranges::find(kRules, finding.rule) != kRules.end();
}

struct Kind {
  std::string_view name;
  bool (*applies)(const Finding& finding);
  bool (*matches)(const Places& places);
};

constexpr std::array kKinds = {
    Kind{"race", IsRace, [](const Places& p) { return p.InParts() || p.InObjects(); }},
    Kind{"race_top", IsRace, [](const Places& p) { return p.OnTop(); }},
    Kind{"called_from_lib", IsRace, [](const Places& p) { return p.CalledFromModule(); }},
    Kind{"thread", [](const Finding& finding) { return finding.rule == "leak.thread"; },
         [](const Places& p) { return p.InSpawns(); }},
    Kind{"mutex", IsMisuseOfLock, [](const Places& p) { return p.InParts() || p.InObjects(); }},
    Kind{"deadlock",
         [](const Finding& finding) {
           return absl::StartsWith(finding.rule, "deadlock.") &&
                  finding.verdict != Verdict::kConfirmed;
         },
         [](const Places& p) { return p.InParts() || p.InObjects(); }},
};

bool LeavesOut(std::string_view line, const Finding& finding, const SiteTable& sites) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view kind = line.substr(0, colon), wanted = line.substr(colon + 1);
  if (kind == "rule") return MatchesPattern(wanted, finding.rule);
  const auto known = std::ranges::find(kKinds, kind, &Kind::name);
  return known != kKinds.end() && known->applies(finding) &&
         known->matches(Places(finding, sites, wanted));
}

}  // namespace

Suppressions::Suppressions(std::span<const std::string> lines) {
  for (const std::string& line : lines) {
    if (std::ranges::find(lines_, line, &Line::text) == lines_.end()) lines_.push_back({line});
  }
}

void Suppressions::Remove(std::vector<Finding>& findings, const SiteTable& sites) {
  std::erase_if(findings, [&](const Finding& finding) {
    const auto line = std::ranges::find_if(
        lines_, [&](const Line& l) { return LeavesOut(l.text, finding, sites); });
    if (line == lines_.end()) return false;
    ++line->findings;
    return true;
  });
}

}  // namespace gordian::detector
