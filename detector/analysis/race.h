// A data race as plain facts, from an access that is remembered to what a report says.
#ifndef GORDIAN_DETECTOR_ANALYSIS_RACE_H_
#define GORDIAN_DETECTOR_ANALYSIS_RACE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "detector/finding/finding.h"
#include "detector/model/model.h"
#include "instrument/trace/event.h"

namespace gordian::detector {

// How a variable is touched. Two accesses are in conflict unless both read or both are atomic.
enum class AccessKind : std::uint8_t { kRead, kWrite, kAtomicRead, kAtomicWrite, kFree };

// One access, as far as a report needs it later.
struct Access {
  std::uint64_t seq = 0;
  TaskId task = 0;  // 0: none yet
  ClockSlot slot = 0;
  std::uint32_t epoch = 0;
  SiteId site = 0;
  std::uint32_t lockset = 0;
  ObjectId object = 0;  // that was accessed; 0: memory that is no object
  AccessKind kind = AccessKind::kRead;

  bool IsAtomic() const {
    return kind == AccessKind::kAtomicRead || kind == AccessKind::kAtomicWrite;
  }
  bool IsWrite() const { return kind != AccessKind::kRead && kind != AccessKind::kAtomicRead; }
  bool ConflictsWith(const Access& other) const {
    return (IsWrite() || other.IsWrite()) && !(IsAtomic() && other.IsAtomic());
  }
};

// The last moment of one task that another one knows of.
struct Release {
  std::uint32_t epoch = 0;
  trace::EventType type = trace::EventType::kNone;
  std::uint32_t subject = 0;
  SiteId site = 0;
};

struct Race {
  ObjectId variable = 0;             // 0: memory that is no object
  std::uint64_t address = 0;         // of memory
  std::uint64_t bytes = 0;           // that both touch
  std::optional<MemoryBlock> block;  // that the address lay in
  Access first, second;
  std::vector<HeldLock> first_held, second_held;
  Release last_known;  // of the first task by the second; kNone: not remembered
  bool knows_nothing = false;
  std::uint32_t count = 1;
};

// A variable of the program's own data.
struct DataSymbol {
  std::string name;
  std::uint64_t offset = 0;  // of the byte asked for
  std::uint64_t bytes = 0;
};

// Where it is defined.
struct DataDefinition {
  std::string file;
  std::uint32_t line = 0;
};

// Who knows the names of the program's global variables. Asked once for each race.
class DataNames {
 public:
  virtual ~DataNames() = default;
  virtual std::optional<DataSymbol> DataAt(std::uint64_t address) = 0;
  virtual std::optional<DataDefinition> DefinitionAt(std::uint64_t address) = 0;
};

Finding DescribeRace(const Race& race, const Model& model, DataNames* names);

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_ANALYSIS_RACE_H_
