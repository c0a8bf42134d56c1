#include "detector/reader/wait_rules.h"

#include <algorithm>

namespace gordian::detector {

using trace::Event;
using trace::EventType;

void OpenWait::Begin(const Event& request, std::vector<CaseOfSelect>& select_cases) {
  kind = WaitRuleOf(request.type).opens;
  on = request.subject;
  if (kind != RequestKind::kSelect) return;
  cases.swap(select_cases);
  std::sort(cases.begin(), cases.end());
}

void OpenWait::End() {
  kind = RequestKind::kNone;
  cases.clear();
}

bool OpenWait::EndsWith(const Event& event) const {
  if (kind == RequestKind::kNone) return false;
  if (event.type == EventType::kWaitEnd) {
    const bool has_object =
        kind != RequestKind::kSleep && kind != RequestKind::kJoin && kind != RequestKind::kSelect;
    if (has_object || event.subject != 0) return has_object && event.subject == on;
    const bool done = event.args[0] == static_cast<std::uint64_t>(trace::WaitEndReason::kDone);
    return !event.Has(trace::kFlagFor) || done == (kind == RequestKind::kSleep);
  }
  const RequestKind closes = WaitRuleOf(event.type).closes;
  if (kind == RequestKind::kSelect) {
    return event.Has(trace::kFlagSelect) &&
           std::binary_search(cases.begin(), cases.end(), CaseOfSelect{event.subject, closes});
  }
  return kind == closes && on == event.subject;
}

bool OpenWait::Passes(const Event& event) const {
  const WaitRule& rule = WaitRuleOf(event.type);
  if (rule.passes) return true;
  if (rule.opens == kind && event.subject == on) return true;  // it asks again
  const bool unlocks = event.type == EventType::kUnlock || event.type == EventType::kRUnlock;
  return unlocks && kind == RequestKind::kCond;  // the condition's lock
}

}  // namespace gordian::detector
