// A hash table for many tasks: Go's sync.Map.
//
//   gordian::SyncMap<std::string, Session> sessions;
//   sessions.Store(id, session);
//   if (std::optional<Session> found = sessions.Load(id)) …
//   auto [session, loaded] = sessions.LoadOrStore(id, fresh);
//   sessions.Range([](const std::string& id, const Session& session) { return true; });
//
// Locking   a spin lock for each of its 16 parts; values are copied and destroyed outside, and
//           Range's function holds none.
// Limits    K's hash and comparison must not use gordian. V is copied out. Range sees each key at
//           most once, but no one moment of the whole map.
// Cost      a look-up in a hash table and a counted reference; Store allocates.
// Happens-before  a store → the loads that see it; a delete → the loads that miss.
#ifndef GORDIAN_SYNC_MAP_H_
#define GORDIAN_SYNC_MAP_H_

#include <array>
#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "gordian/internal/sync_map_cell.h"
#include "gordian/internal/task.h"
#include "instrument/recorder/guest.h"
#include "instrument/schedule/point.h"

namespace gordian {

template <typename K, typename V, typename Hash = std::hash<K>>
class SyncMap {
 public:
  using Site = std::source_location;

  struct LoadedOrStored {
    V value;
    bool loaded = false;  // it was there
  };

  explicit SyncMap(std::string_view name = {}, Site at = Site::current())
      : absence_(name, at), name_(name), made_at_(at) {}
  SyncMap(const SyncMap&) = delete;
  SyncMap& operator=(const SyncMap&) = delete;

  // The value of `key`, if it has one.
  std::optional<V> Load(const K& key, Site at = Site::current()) const {
    schedule::Point(schedule::Op::kLoad, this);
    return Copy(Locked(key, [&](Part& part) { return Find(part, key, at); }));
  }

  void Store(const K& key, V value, Site at = Site::current()) {
    static_cast<void>(Exchange(schedule::Op::kStore, key, std::move(value), at));
  }

  // The value that it had.
  std::optional<V> Swap(const K& key, V value, Site at = Site::current()) {
    return Copy(Exchange(schedule::Op::kRmw, key, std::move(value), at));
  }

  // The value that is there, or `value`, which it then has.
  LoadedOrStored LoadOrStore(const K& key, V value, Site at = Site::current()) {
    schedule::Point(schedule::Op::kRmw, this);
    Stored fresh = std::make_shared<const V>(std::move(value));
    const Stored seen = Locked(key, [&](Part& part) {
      if (Stored found = Find(part, key, at)) return found;
      Entry& entry = Insert(part, key);
      entry.value = fresh;
      entry.cell.Modified(at);
      return Stored();
    });
    return {seen != nullptr ? *seen : *fresh, seen != nullptr};
  }

  // Takes it out; the value that it had.
  std::optional<V> LoadAndDelete(const K& key, Site at = Site::current()) {
    schedule::Point(schedule::Op::kRmw, this);
    return Copy(Erase(key, at));
  }
  void Delete(const K& key, Site at = Site::current()) {
    schedule::Point(schedule::Op::kStore, this);
    static_cast<void>(Erase(key, at));
  }

  // Sets it to `desired` if it is `expected`; says whether it was.
  bool CompareAndSwap(const K& key, const V& expected, V desired, Site at = Site::current())
    requires std::equality_comparable<V>
  {
    schedule::Point(schedule::Op::kRmw, this);
    const Stored fresh = std::make_shared<const V>(std::move(desired));
    return WhereStill(key, expected, at, [&](Part&, typename Table::iterator it, Stored& old) {
      old = std::exchange(it->second.value, fresh);
      it->second.cell.Modified(at);
    });
  }

  // Takes it out if it is `expected`; says whether it was.
  bool CompareAndDelete(const K& key, const V& expected, Site at = Site::current())
    requires std::equality_comparable<V>
  {
    schedule::Point(schedule::Op::kRmw, this);
    typename Table::node_type gone;
    return WhereStill(key, expected, at, [&](Part& part, typename Table::iterator it, Stored&) {
      gone = Extract(part, it, at);
    });
  }

  // Takes everything out.
  void Clear(Site at = Site::current()) {
    schedule::Point(schedule::Op::kStore, this);
    for (Part& part : parts_) {
      Table gone;
      const Guard guard(part.lock);
      for (auto& [key, entry] : part.table) entry.cell.Modified(at);
      if (!part.table.empty()) absence_.Deleted(at);
      gone.swap(part.table);
    }
  }

  // Calls `visit(key, value)` for what is there, until it returns false.
  template <typename Visit>
    requires std::is_invocable_r_v<bool, Visit&, const K&, const V&>
  void Range(Visit visit, Site at = Site::current()) const {
    for (Part& part : parts_) {
      schedule::Point(schedule::Op::kLoad, this);
      std::vector<std::pair<K, Stored>> seen;
      for (std::size_t room = 0; !Snapshot(part, seen, room, at);) {
        seen.clear();
        seen.reserve(room);
      }
      for (const auto& [key, value] : seen) {
        if (!visit(key, *value)) return;
      }
    }
  }

  void SetName(std::string_view name) {
    name_ = name;
    absence_.SetName(name);
  }

 private:
  static constexpr std::size_t kParts = 16;
  using Stored = std::shared_ptr<const V>;
  struct Entry {
    Entry(std::string_view name, const Site& made_at) : cell(name, made_at) {}
    internal::SyncMapCell cell;
    Stored value;
  };
  using Table = std::unordered_map<K, Entry, Hash>;
  struct alignas(64) Part {
    internal::SpinLock lock;
    Table table;  // under lock
  };
  // A copy of a K may throw: the lock is let go of in any case.
  struct Guard {
    explicit Guard(internal::SpinLock& of) : lock(of) { lock.Lock(); }
    ~Guard() { lock.Unlock(); }
    internal::SpinLock& lock;
    const recorder::UnseenAccesses unseen;  // what the map does to its table
  };

  static std::optional<V> Copy(const Stored& stored) {
    return stored == nullptr ? std::nullopt : std::optional<V>(*stored);
  }

  Part& PartOf(const K& key) const {
    const std::size_t hash = Hash()(key);
    return parts_[(hash ^ (hash >> 16) ^ (hash >> 32)) % kParts];
  }

  template <typename Step>
  auto Locked(const K& key, Step step) const {
    Part& part = PartOf(key);
    const Guard guard(part.lock);
    return step(part);
  }

  Stored Find(Part& part, const K& key, const Site& at) const {
    const auto found = part.table.find(key);
    if (found == part.table.end()) {
      absence_.Missed(at);
      return nullptr;
    }
    found->second.cell.Loaded(at);
    return found->second.value;
  }

  Entry& Insert(Part& part, const K& key) {
    return part.table.try_emplace(key, name_, made_at_).first->second;
  }

  // The old value goes to the caller, who destroys it outside of the lock.
  Stored Exchange(schedule::Op op, const K& key, V value, const Site& at) {
    schedule::Point(op, this);
    Stored fresh = std::make_shared<const V>(std::move(value));
    return Locked(key, [&](Part& part) {
      Entry& entry = Insert(part, key);
      op == schedule::Op::kStore ? entry.cell.Stored(at) : entry.cell.Modified(at);
      return std::exchange(entry.value, std::move(fresh));
    });
  }

  typename Table::node_type Extract(Part& part, typename Table::iterator it, const Site& at) {
    it->second.cell.Modified(at);
    absence_.Deleted(at);
    return part.table.extract(it);
  }

  Stored Erase(const K& key, const Site& at) {
    typename Table::node_type gone;
    return Locked(key, [&](Part& part) -> Stored {
      const auto found = part.table.find(key);
      if (found == part.table.end()) {
        absence_.Missed(at);
        return nullptr;
      }
      Stored old = found->second.value;
      gone = Extract(part, found, at);
      return old;
    });
  }

  // V's comparison runs outside of the lock, and `act` only where nothing changed meanwhile.
  template <typename Act>
  bool WhereStill(const K& key, const V& expected, const Site& at, Act act) {
    Stored old;  // destroyed outside of the lock
    for (;;) {
      const Stored seen = Locked(key, [&](Part& part) { return Find(part, key, at); });
      if (seen == nullptr || !(*seen == expected)) return false;
      const bool done = Locked(key, [&](Part& part) {
        const auto found = part.table.find(key);
        if (found == part.table.end() || found->second.value != seen) return false;
        act(part, found, old);
        return true;
      });
      if (done) return true;
    }
  }

  // False where `seen` has too little room, with what it takes.
  static bool Snapshot(Part& part, std::vector<std::pair<K, Stored>>& seen, std::size_t& room,
                       const Site& at) {
    const Guard guard(part.lock);
    room = part.table.size();
    if (seen.capacity() < room) return false;
    for (auto& [key, entry] : part.table) {
      entry.cell.Loaded(at);
      seen.emplace_back(key, entry.value);
    }
    return true;
  }

  mutable std::array<Part, kParts> parts_;
  mutable internal::SyncMapAbsence absence_;
  std::string name_;
  const Site made_at_;
};

}  // namespace gordian

#endif  // GORDIAN_SYNC_MAP_H_
