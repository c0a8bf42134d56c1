#include "detector/symbols/site_table.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "instrument/trace/wire.h"

namespace gordian::detector {
namespace {

using trace::EventType;

// A stack deeper than this says no more to anybody.
constexpr std::size_t kMaxDepth = 128;

std::vector<std::uint64_t> Addresses(std::string_view bytes) {
  std::vector<std::uint64_t> stack(std::min(bytes.size() / sizeof(std::uint64_t), kMaxDepth));
  if (!stack.empty()) std::memcpy(stack.data(), bytes.data(), stack.size() * sizeof(stack[0]));
  return stack;
}

// A text of two lines.
std::pair<std::string_view, std::string_view> Lines(std::string_view text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return {text, ""};
  return {text.substr(0, end), text.substr(end + 1)};
}

Frame FrameWithoutNames(const Module* module, std::uint64_t address) {
  Frame frame;
  if (module == nullptr) {
    frame.file = absl::StrCat("0x", absl::Hex(address));
  } else {
    frame.file = absl::StrCat(module->path, "+0x", absl::Hex(address - module->base));
  }
  return frame;
}

void AppendRecord(trace::SiteId site, std::string_view text, std::vector<std::uint64_t>& words) {
  text = text.substr(0, trace::kMaxTextBytes);
  words.push_back(trace::Head(EventType::kSiteFrames, false, 0, site));
  words.push_back(text.size());
  const std::size_t at = words.size();
  words.resize(at + (text.size() + 7) / 8, 0);
  if (!text.empty()) std::memcpy(words.data() + at, text.data(), text.size());
}

}  // namespace

SiteTable::Site& SiteTable::At(trace::SiteId site) { return sites_[site]; }

void SiteTable::Take(const trace::Event& event) {
  switch (event.type) {
    case EventType::kProcess:
      command_ = std::string(event.text);
      start_ns_ = event.args[1];
      break;
    case EventType::kModule:
      TakeModule(event);
      break;
    case EventType::kSite: {
      const auto [file, function] = Lines(event.text);
      At(event.subject).frames = {Frame{.function = std::string(function),
                                        .file = std::string(file),
                                        .line = static_cast<std::uint32_t>(event.args[0]),
                                        .column = static_cast<std::uint32_t>(event.args[1])}};
      break;
    }
    case EventType::kSiteStack:
      At(event.subject).stack = Addresses(event.text);
      break;
    case EventType::kSiteFrames:
      At(event.subject).frames = DecodeFrames(event.text);
      break;
    default:
      break;
  }
}

void SiteTable::TakeModule(const trace::Event& event) {
  const auto [path, build_id] = Lines(event.text);
  modules_.push_back({event.args[0], event.args[1], std::string(path), std::string(build_id)});
}

const Module* SiteTable::ModuleAt(std::uint64_t address) const {
  const Module* best = nullptr;
  for (const Module& module : modules_) {
    const bool inside = address >= module.base && address - module.base < module.size;
    if (inside && (best == nullptr || module.base > best->base)) best = &module;
  }
  return best;
}

std::vector<const Module*> SiteTable::ModulesOf(trace::SiteId site) const {
  std::vector<const Module*> modules;
  const auto found = sites_.find(site);
  if (site == 0 || found == sites_.end()) return modules;
  for (const std::uint64_t address : found->second.stack) {
    if (const Module* module = ModuleAt(address)) modules.push_back(module);
  }
  return modules;
}

std::vector<Frame> SiteTable::FramesAt(std::uint64_t address, AddressResolver& resolver) const {
  const Module* module = ModuleAt(address);
  std::vector<Frame> frames;
  if (module != nullptr) {
    // A return address is behind its call, perhaps in the next line or function.
    frames = resolver.Resolve(*module, address - module->base - (address > module->base ? 1 : 0));
  }
  if (frames.empty()) frames.push_back(FrameWithoutNames(module, address));
  return frames;
}

void SiteTable::Resolve(AddressResolver& resolver) {
  absl::flat_hash_map<std::uint64_t, std::vector<Frame>> known;
  for (auto& [id, site] : sites_) {
    if (!site.frames.empty()) continue;
    for (std::uint64_t address : site.stack) {
      const auto [found, is_new] = known.try_emplace(address);
      if (is_new) found->second = FramesAt(address, resolver);
      site.frames.insert(site.frames.end(), found->second.begin(), found->second.end());
    }
  }
}

std::span<const Frame> SiteTable::Frames(trace::SiteId site) const {
  const auto found = sites_.find(site);
  if (site == 0 || found == sites_.end()) return {};
  return found->second.frames;
}

const Frame* SiteTable::Shown(trace::SiteId site) const { return detector::Shown(Frames(site)); }

std::vector<std::uint64_t> SiteTable::ResolvedRecords() const {
  std::vector<trace::SiteId> ids;
  for (const auto& [id, site] : sites_) {
    if (!site.stack.empty() && !site.frames.empty()) ids.push_back(id);
  }
  std::sort(ids.begin(), ids.end());
  std::vector<std::uint64_t> words;
  for (trace::SiteId id : ids) AppendRecord(id, EncodeFrames(sites_.at(id).frames), words);
  return words;
}

}  // namespace gordian::detector
