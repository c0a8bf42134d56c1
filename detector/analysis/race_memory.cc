#include "detector/analysis/race_memory.h"

#include <algorithm>
#include <atomic>
#include <utility>

namespace gordian::detector {

using trace::Event;
using trace::EventType;

namespace {

constexpr std::uint64_t kMaxElements = std::uint64_t{1} << 22;

bool Acquires(const Event& event) {
  if (event.type == EventType::kAtomicStore) return false;
  const auto order = static_cast<std::memory_order>(event.args[0]);
  return order != std::memory_order_relaxed && order != std::memory_order_release;
}

// As many bytes from `address` on as the address space has.
std::uint64_t Within(std::uint64_t address, std::uint64_t bytes) {
  return std::min(bytes, ~address);
}

AccessKind KindOf(EventType type) {
  switch (type) {
    case EventType::kMemRead:
    case EventType::kMemReadRange:
      return AccessKind::kRead;
    case EventType::kAtomicLoad:
    case EventType::kAtomicCasFail:
      return AccessKind::kAtomicRead;
    case EventType::kAtomicStore:
    case EventType::kAtomicRmw:
      return AccessKind::kAtomicWrite;
    case EventType::kHeapFree:
      return AccessKind::kFree;
    default:
      return AccessKind::kWrite;
  }
}

}  // namespace

bool RaceMemory::Present::Knows(const Access& other) const {
  return clock->Knows(other.slot, other.epoch) ||
         (load != nullptr && model->LoadKnows(*load, other.slot, other.epoch));
}

template <typename Visit>
void RaceMemory::ForOthers(std::uint32_t others, Visit&& visit) const {
  if (others == 0) return;
  if ((others & kSetBit) == 0) return visit(others);
  for (const std::uint32_t record : sets_[others & ~kSetBit]) visit(record);
}

std::uint32_t RaceMemory::RecordOf(Present& now) {
  if (now.record != 0) return now.record;
  now.access.lockset = log_.Held(now.access.task, *now.model);
  const Access& a = now.access;
  const std::size_t hash = a.task * 31 + a.site * 7 + static_cast<std::size_t>(a.kind);
  std::uint32_t& recent = recent_[hash % kRecent];
  const Access& known = records_[recent];
  if (recent != 0 && now.IsSame(known) && known.site == a.site && known.lockset == a.lockset &&
      known.kind == a.kind && known.object == a.object) {
    return now.record = recent;
  }
  now.record = recent = static_cast<std::uint32_t>(records_.size());
  records_.push_back(a);
  return now.record;
}

void RaceMemory::Report(std::uint32_t first_record, std::uint64_t at, Present& now) {
  RecordOf(now);  // knows what it holds
  const Access& first = records_[first_record];
  const Model& model = *now.model;
  const ObjectId object = first.object != 0 ? first.object : now.access.object;
  const std::uint64_t address = std::max(at, now.address);
  if (may_race_.Has(address)) return;
  const MemoryBlock* block = model.BlockAt(address);
  // Of the heap, where blocks are made tells variables apart; of all else the places of access.
  std::uint64_t place = object != 0 ? model.Object(object).created_at : 0;
  if (block != nullptr && !block->is_stack) place = log_.LineOf(block->site);
  Race race{.variable = object, .address = address};
  race.bytes = now.address + now.bytes - address;
  race.first = first;
  race.second = now.access;
  log_.Add(race, place, model);
}

void RaceMemory::AddTo(Cell& cell, Present& now) {
  const std::uint32_t record = RecordOf(now);
  if (last_added_.record == record && last_added_.before == cell.others) {
    cell.others = last_added_.after;
    return;
  }
  std::vector<std::uint32_t> kept;
  // An ordered access is stood for by this one where this one is in conflict with as much.
  ForOthers(cell.others, [&](std::uint32_t other) {
    const Access& a = records_[other];
    const bool weaker = a.kind == now.access.kind || a.kind == AccessKind::kAtomicRead;
    if (!weaker || !now.Knows(a)) kept.push_back(other);
  });
  std::uint32_t after = record;
  if (!kept.empty()) {
    kept.push_back(record);
    after = static_cast<std::uint32_t>(sets_.size()) | kSetBit;
    sets_.push_back(std::move(kept));
  }
  last_added_ = {cell.others, record, after};
  cell.others = after;
}

void RaceMemory::Write(Cell& cell, std::uint64_t at, Present& now) {
  if (cell.write != 0 && !now.Knows(records_[cell.write])) Report(cell.write, at, now);
  ForOthers(cell.others, [&](std::uint32_t other) {
    if (!now.Knows(records_[other])) Report(other, at, now);
  });
  // Whoever races with a forgotten access races with this write too.
  cell = {.write = RecordOf(now), .others = 0};
}

void RaceMemory::ReadOrAtomic(Cell& cell, std::uint64_t at, Present& now) {
  const auto races = [&](const Access& a) { return now.access.ConflictsWith(a) && !now.Knows(a); };
  if (cell.write != 0 && races(records_[cell.write])) Report(cell.write, at, now);
  bool stands = false;
  ForOthers(cell.others, [&](std::uint32_t other) {
    const Access& a = records_[other];
    if (now.IsSame(a) && a.kind == now.access.kind) stands = true;
    if (races(a)) Report(other, at, now);
  });
  if (!stands) AddTo(cell, now);
}

void RaceMemory::Check(Cell& cell, std::uint64_t at, Present& now) {
  // A write stands for all that its task does to these bytes before its next release.
  if (cell.write != 0 && now.IsSame(records_[cell.write]) &&
      (cell.others == 0 || now.access.kind == AccessKind::kRead) &&
      now.access.kind != AccessKind::kFree) {
    return;
  }
  if (now.access.kind == AccessKind::kWrite || now.access.kind == AccessKind::kFree) {
    Write(cell, at, now);
  } else {
    ReadOrAtomic(cell, at, now);
  }
}

// What lies there from here on are other variables.
void RaceMemory::BeginMemory(std::uint64_t address, std::uint64_t bytes) {
  shadow_.Clear(address, bytes);
  may_race_.Remove(address, bytes);
}

void RaceMemory::Touch(Present& now, std::uint64_t address, std::uint64_t bytes) {
  now.address = address;
  now.bytes = Within(address, bytes);
  shadow_.ForEach(address, now.bytes, [&](Cell& cell, std::uint64_t at) { Check(cell, at, now); });
}

void RaceMemory::OnRange(Present& now, std::uint64_t stride, std::uint64_t count) {
  const std::uint64_t address = now.address, bytes = now.bytes;
  if (stride == bytes && bytes != 0 && count <= ~address / bytes) {
    return Touch(now, address, bytes * count);
  }
  for (std::uint64_t i = 0; i < std::min(count, kMaxElements); ++i) {
    if (i > 0 && stride > ~address / i) return;
    Touch(now, address + i * stride, bytes);
  }
}

void RaceMemory::OnAtomic(const Event& event, Present& now) {
  const Place* place = objects_.Find(event.subject);
  if (place == nullptr || place->bytes == 0) return;
  now.access.object = event.subject;
  if (Acquires(event)) now.load = &event;
  Touch(now, place->address, place->bytes);
}

void RaceMemory::OnFree(const Event& event, Present& now) {
  std::uint64_t bytes = event.args[1];
  if (bytes == 0) {
    const MemoryBlock* block = now.model->BlockAt(event.args[0]);
    if (block == nullptr || block->ended) return;
    bytes = block->bytes - (event.args[0] - block->address);
  }
  Touch(now, event.args[0], bytes);
}

void RaceMemory::On(const Event& event, const Model& model) {
  if (event.type == EventType::kObjectAt) {
    if (Place* place = objects_.At(event.subject)) *place = {event.args[0], event.args[1]};
    return;
  }
  if (event.task == 0) return;
  if (records_.size() >= collect_at_) [[unlikely]]
    Collect();
  const TaskClock& clock = model.ClockOf(event.task);
  Present now;
  now.access.seq = event.seq;
  now.access.task = event.task;
  now.access.slot = clock.slot();
  now.access.epoch = clock.epoch();
  now.access.site = event.site;
  now.access.kind = KindOf(event.type);
  now.clock = &clock;
  now.model = &model;
  switch (event.type) {
    case EventType::kMemRead:
    case EventType::kMemWrite:
      return Touch(now, event.args[0], event.subject);
    case EventType::kMemReadRange:
    case EventType::kMemWriteRange:
      now.address = event.args[0];
      now.bytes = event.subject;
      return OnRange(now, event.args[1], event.args[2]);
    case EventType::kHeapAlloc:
    case EventType::kStackBegin:
      return BeginMemory(event.args[0], Within(event.args[0], event.args[1]));
    case EventType::kMayRace:
      return may_race_.Add(event.args[0], Within(event.args[0], event.subject));
    case EventType::kHeapFree:
      return OnFree(event, now);
    default:
      return OnAtomic(event, now);
  }
}

void RaceMemory::Collect() {
  std::vector<std::uint32_t> new_sets(sets_.size(), 0), new_records(records_.size(), 0);
  std::vector<std::vector<std::uint32_t>> sets;
  std::vector<Access> records(1);
  const auto keep = [&](std::uint32_t record) {
    if (record != 0 && new_records[record] == 0) {
      new_records[record] = static_cast<std::uint32_t>(records.size());
      records.push_back(records_[record]);
    }
    return new_records[record];
  };
  shadow_.ForAll([&](Cell& cell) {
    cell.write = keep(cell.write);
    if ((cell.others & kSetBit) == 0) {
      cell.others = keep(cell.others);
      return;
    }
    const std::uint32_t old = cell.others & ~kSetBit;
    if (new_sets[old] == 0) {
      std::vector<std::uint32_t> set = sets_[old];
      for (std::uint32_t& record : set) record = keep(record);
      sets.push_back(std::move(set));
      new_sets[old] = static_cast<std::uint32_t>(sets.size());
    }
    cell.others = (new_sets[old] - 1) | kSetBit;
  });
  records_ = std::move(records);
  sets_ = std::move(sets);
  recent_.fill(0);
  last_added_ = {};
  collect_at_ = std::max(records_.size() * 2, records_.size() + (shadow_.pieces() / 4)) +
                (std::size_t{1} << 16);
}

}  // namespace gordian::detector
