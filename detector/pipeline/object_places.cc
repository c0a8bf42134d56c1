#include "detector/pipeline/object_places.h"

#include <cstring>
#include <optional>

#include "absl/strings/str_cat.h"
#include "instrument/trace/wire.h"

namespace gordian::detector {
namespace {

using trace::EventType;

// More addresses than this are hardly variables.
constexpr std::size_t kMostAddresses = 1u << 16;

void AppendRecord(trace::ObjectId object, std::string_view name,
                  std::vector<std::uint64_t>& words) {
  name = name.substr(0, trace::kMaxTextBytes);
  words.push_back(trace::Head(EventType::kObjectName, false, 0, object));
  words.push_back(name.size());
  const std::size_t at = words.size();
  words.resize(at + (name.size() + 7) / 8, 0);
  std::memcpy(words.data() + at, name.data(), name.size());
}

}  // namespace

// With a size it is an atomic variable, whose accesses are told by address.
void ObjectPlaces::Take(const trace::Event& event) {
  if (event.type == EventType::kObjectAt && event.args[1] == 0) {
    fresh_.emplace_back(event.subject, event.args[0]);
  }
}

const std::string& ObjectPlaces::NameAt(std::uint64_t address, DataNames& names) {
  static const std::string& none = *new std::string;
  const auto found = known_.find(address);
  if (found != known_.end()) return found->second;
  if (known_.size() >= kMostAddresses) return none;
  std::string& name = known_[address];
  if (const std::optional<DataSymbol> symbol = names.DataAt(address)) {
    name = symbol->name;
    if (symbol->offset != 0) absl::StrAppend(&name, "+", symbol->offset);
  }
  return name;
}

void ObjectPlaces::Name(Model& model, DataNames& names) {
  for (const auto& [object, address] : fresh_) {
    if (!model.Object(object).name.empty()) continue;
    const std::string& name = NameAt(address, names);
    if (name.empty()) continue;
    trace::Event event;
    event.type = EventType::kObjectName;
    event.subject = object;
    event.text = name;
    model.Apply(event);
    AppendRecord(object, name, records_);
  }
  fresh_.clear();
}

}  // namespace gordian::detector
