#include "detector/pipeline/pipeline.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "detector/analysis/describe.h"
#include "detector/analysis/present_deadlock.h"
#include "detector/analysis/race.h"
#include "detector/analysis/wait_for.h"
#include "detector/pipeline/analyses.h"
#include "detector/pipeline/object_places.h"
#include "detector/reader/reader.h"

namespace gordian::detector {
namespace {

// So many words are fed before events are placed: a reader that sees all streams side by
// side finds an order that is closer to what happened.
constexpr std::size_t kDrainWords = std::size_t{1} << 18;

bool DefinesPlaces(trace::EventType type) {
  using enum trace::EventType;
  return type == kSite || type == kSiteStack || type == kSiteFrames || type == kModule ||
         type == kProcess;
}

// Where a task stood when a finding explained it.
struct ExplainedWait {
  std::uint64_t wait_seq = 0;  // 0: it did not wait
  std::uint32_t test = 0;
};

}  // namespace

struct Pipeline::State final : DataNames {
  explicit State(const Limits& limits) : analyses(MakeAnalyses(limits, *this)) {
    for (const auto& analysis : analyses) {
      const EventSet wanted = analysis->wants();
      for (std::size_t type = 0; type < trace::kEventTypes; ++type) {
        if (wanted.test(type)) listeners[type].push_back(analysis.get());
      }
    }
  }

  void Take(const trace::Event& event) {
    for (Analysis* analysis : listeners[static_cast<std::size_t>(event.type)]) {
      analysis->On(event, model);
    }
    model.Apply(event);
    if (DefinesPlaces(event.type)) [[unlikely]]
      sites.Take(event);
    if (event.type == trace::EventType::kObjectAt) [[unlikely]]
      places.Take(event);
    if (event.type == trace::EventType::kSuppress) [[unlikely]]
      suppressions.emplace_back(event.text);
  }

  void NameObjects() {
    if (resolver != nullptr) places.Name(model, *this);
  }

  std::optional<DataSymbol> DataAt(std::uint64_t address) override {
    const Module* module = resolver != nullptr ? sites.ModuleAt(address) : nullptr;
    if (module == nullptr) return std::nullopt;
    const std::uint64_t offset = address - module->base;
    std::optional<Variable> variable = resolver->ResolveData(*module, offset);
    if (!variable) return std::nullopt;
    return DataSymbol{.name = std::move(variable->name),
                      .offset = offset - variable->begin,
                      .bytes = variable->bytes};
  }

  std::optional<DataDefinition> DefinitionAt(std::uint64_t address) override {
    const Module* module = resolver != nullptr ? sites.ModuleAt(address) : nullptr;
    if (module == nullptr) return std::nullopt;
    std::optional<Definition> found = resolver->ResolveDefinition(*module, address - module->base);
    if (!found) return std::nullopt;
    return DataDefinition{.file = std::move(found->file), .line = found->line};
  }

  // 0: it does not wait.
  std::uint64_t WaitOf(trace::TaskId task) const {
    const Wait& wait = model.Task(task).wait;
    return wait ? wait.seq : 0;
  }

  void Explain(const std::vector<trace::TaskId>& tasks) {
    for (const trace::TaskId task : tasks) {
      explained.insert(task);
      explained_in.emplace(model.current_test(), task);
      explained_waits[task] = {WaitOf(task), model.current_test()};
    }
  }

  // A task whose blocked call was made to throw, as that of the task that runs the tests, is only
  // explained in that test.
  void ForgetThoseThatWentOn() {
    absl::erase_if(explained_waits, [&](const auto& entry) {
      const auto& [task, at] = entry;
      const bool went_on = at.wait_seq != 0 && at.wait_seq != WaitOf(task);
      if (!went_on || at.test == model.current_test()) return false;
      explained.erase(task);
      return true;
    });
  }

  auto Taker() {
    return [this](const trace::Event& event) { Take(event); };
  }

  Reader reader;
  std::size_t waiting_words = 0;  // fed since the reader was last drained
  Model model;
  SiteTable sites;
  ObjectPlaces places;
  std::vector<std::string> suppressions;
  AddressResolver* resolver = nullptr;
  std::vector<std::unique_ptr<Analysis>> analyses;
  std::array<std::vector<Analysis*>, trace::kEventTypes> listeners;
  absl::flat_hash_set<trace::TaskId> explained;
  absl::flat_hash_map<trace::TaskId, ExplainedWait> explained_waits;
  absl::flat_hash_set<std::pair<std::uint32_t, trace::TaskId>> explained_in;  // by test
  PresentDeadlock present;
};

namespace {

// Heaviest first; among equals, what explains most tasks; then as the analyses gave them.
std::vector<Finding> Ordered(std::vector<Finding> findings) {
  std::vector<std::size_t> order(findings.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto weight = [&](std::size_t i) {
    const Finding& finding = findings[i];
    return std::tuple(-static_cast<int>(finding.verdict),
                      -static_cast<std::int64_t>(finding.explains.size()), i);
  };
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return weight(a) < weight(b); });
  std::vector<Finding> sorted;
  for (const std::size_t i : order) sorted.push_back(std::move(findings[i]));
  return sorted;
}

// A sentence begins with a capital letter, but for a name that the program gave.
void BeginSentence(std::string& summary) {
  const std::string_view word = std::string_view(summary).substr(0, summary.find(' '));
  static constexpr std::string_view kOurs[] = {"main", "goroutine", "thread",
                                               "task", "context",   "the"};
  if (std::ranges::find(kOurs, word) == std::end(kOurs)) return;
  summary.front() = absl::ascii_toupper(static_cast<unsigned char>(summary.front()));
}

}  // namespace

Pipeline::Pipeline(const Limits& limits) : state_(std::make_unique<State>(limits)) {}
Pipeline::~Pipeline() = default;

absl::Status Pipeline::Feed(trace::StreamId stream, std::span<const std::uint64_t> words) {
  state_->reader.Feed(stream, words);
  state_->waiting_words += words.size();
  if (state_->waiting_words < kDrainWords) return absl::OkStatus();
  state_->waiting_words = 0;
  return state_->reader.Drain(state_->Taker());
}

void Pipeline::NameWith(AddressResolver& resolver) { state_->resolver = &resolver; }

void Pipeline::NameObjects() { state_->NameObjects(); }

void Pipeline::Gap(trace::StreamId stream) { state_->reader.Gap(stream); }

void Pipeline::Take(const trace::Event& event) { state_->Take(event); }

absl::Status Pipeline::Settle() {
  state_->waiting_words = 0;
  return state_->reader.Settle(state_->Taker());
}

absl::Status Pipeline::Finish() { return state_->reader.Finish(state_->Taker()); }

absl::StatusOr<std::vector<Finding>> Pipeline::Judge(CutKind kind, std::uint32_t test) {
  const bool last = kind == CutKind::kProgramEnd || kind == CutKind::kTruncated;
  const absl::Status status = last ? Finish() : Settle();
  if (!status.ok() && state_->reader.events() == 0) return status;
  state_->ForgetThoseThatWentOn();
  state_->NameObjects();
  const Cut cut{.kind = kind,
                .test = state_->model.TestName(test),
                .test_id = test,
                .now_ns = state_->model.now(),
                .explained = &state_->explained,
                .explained_in = &state_->explained_in};
  std::vector<Finding> findings;
  for (const auto& analysis : state_->analyses) {
    for (Finding& finding : analysis->AtCut(cut, state_->model)) {
      state_->Explain(finding.explains);
      ListObjects(state_->model, finding);
      if (finding.test.empty() && kind == CutKind::kTestEnd) finding.test = cut.test;
      BeginSentence(finding.summary);
      findings.push_back(std::move(finding));
    }
  }
  return Ordered(std::move(findings));
}

std::span<const Reader::Missing> Pipeline::missing() const { return state_->reader.missing(); }

std::vector<Finding> Pipeline::LookForDeadlocks(bool& pending) {
  state_->waiting_words = 0;
  // A stream that is damaged says so when it is fed or judged.
  state_->reader.Drain(state_->Taker()).IgnoreError();
  std::vector<Finding> findings = state_->present.Look(state_->model);
  pending = state_->present.pending();
  return findings;
}

const Model& Pipeline::model() const { return state_->model; }

bool Pipeline::IsHung() const {
  return Stuck(state_->model, Cut{.kind = CutKind::kStandstill}).Everything();
}
SiteTable& Pipeline::sites() { return state_->sites; }
const std::vector<std::string>& Pipeline::suppressions() const { return state_->suppressions; }
const std::vector<std::uint64_t>& Pipeline::object_names() const {
  return state_->places.records();
}

}  // namespace gordian::detector
