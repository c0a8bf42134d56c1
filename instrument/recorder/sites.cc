// Interning of places: an id for each source location and each stack.
//
// The table is behind one lock; each thread keeps small direct-mapped caches in
// front of it (ThreadLog::Site, ThreadLog::Stack), so a hot call site costs one comparison.
#include <algorithm>
#include <cstring>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "instrument/recorder/guest.h"
#include "instrument/recorder/internal.h"

namespace gordian::recorder {
namespace {

struct Definition {
  EventType type;
  std::uint64_t line, column;
  std::string text;
};

struct Table {
  std::mutex mutex;
  std::unordered_map<std::uintptr_t, SiteId> locations;
  std::unordered_map<std::string, SiteId> stacks;
  std::vector<Definition> definitions;  // of site i at i - 1
};

// Never destroyed: threads record during exit.
Table& TheTable() {
  static Table& table = *new Table;
  return table;
}

void Write(ThreadLog& log, SiteId id, const Definition& definition) {
  if (definition.type == EventType::kSite) {
    LocalText(log, EventType::kSite, id, 0, definition.text,
              {.operands = {definition.line, definition.column}});
  } else {
    LocalText(log, definition.type, id, 0, definition.text);
  }
}

// The next id with its definition, or 0 where the wire has no more ids.
SiteId Define(Table& table, Definition definition) {
  if (table.definitions.size() >= trace::kMaxSite) return 0;
  table.definitions.push_back(std::move(definition));
  return static_cast<SiteId>(table.definitions.size());
}

}  // namespace

SiteId ThreadLog::SiteSlow(const std::source_location& location, std::uintptr_t key) {
  if (key == 0) return 0;
  const Unseen unseen;
  Table& table = TheTable();
  SiteId id = 0;
  {
    std::lock_guard lock(table.mutex);
    auto [found, is_new] = table.locations.try_emplace(key, 0);
    if (is_new) {
      found->second =
          Define(table, {EventType::kSite, location.line(), location.column(),
                         std::string(location.file_name()) + '\n' + location.function_name()});
      if (found->second != 0 && On()) {
        Write(*this, found->second, table.definitions[found->second - 1]);
      }
    }
    id = found->second;
  }
  sites_[(key >> 3) % kCachedSites] = {key, id};
  return id;
}

SiteId ThreadLog::Stack(std::span<const std::uintptr_t> addresses) {
  if (addresses.size() > kCachedFrames) return StackSlow(addresses);
  std::array<std::uintptr_t, kCachedFrames> frames{};
  std::copy(addresses.begin(), addresses.end(), frames.begin());
  std::uintptr_t hash = 0;
  for (const std::uintptr_t frame : frames) hash = (hash ^ frame) * 0x9E3779B97F4A7C15u;
  CachedStack& cached = stacks_[hash >> 58];
  static_assert(kCachedStacks == 1u << 6);
  if (cached.id == 0 || cached.frames != frames) cached = {frames, StackSlow(addresses)};
  return cached.id;
}

SiteId ThreadLog::StackSlow(std::span<const std::uintptr_t> addresses) {
  if (const Host* host = internal::TheHost()) return host->stack(*this, addresses);
  const Unseen unseen;
  std::string bytes(reinterpret_cast<const char*>(addresses.data()), addresses.size_bytes());
  Table& table = TheTable();
  std::unique_lock lock(table.mutex);
  auto [found, is_new] = table.stacks.try_emplace(bytes, 0);
  if (!is_new) return found->second;
  const SiteId id = Define(table, {EventType::kSiteStack, 0, 0, std::move(bytes)});
  found->second = id;
  if (id == 0 || !On()) return id;
  Write(*this, id, table.definitions[id - 1]);
  lock.unlock();
  internal::WriteNewModules(*this);  // it may lie in a library that was opened meanwhile
  return id;
}

namespace internal {

void LockSites() {
  const Unseen unseen;
  TheTable().mutex.lock();
}
void UnlockSites() {
  const Unseen unseen;
  TheTable().mutex.unlock();
}

void WriteKnownSites(ThreadLog& log) {
  Table& table = TheTable();
  std::lock_guard lock(table.mutex);
  for (std::size_t i = 0; i < table.definitions.size(); ++i) {
    Write(log, static_cast<SiteId>(i + 1), table.definitions[i]);
  }
}

}  // namespace internal
}  // namespace gordian::recorder
