// What the words that are not placed yet still hold, once it is known that nothing else
// will come: so that what is waited for in vain can be passed over, and only that.
//
// Locking none. Cost: one pass over the unread words and a sort; memory 16 bytes for each
// ordered record in them.
#ifndef GORDIAN_DETECTOR_READER_REMAINING_H_
#define GORDIAN_DETECTOR_READER_REMAINING_H_

#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "detector/reader/streams.h"
#include "instrument/trace/event.h"

namespace gordian::detector {

class Remaining {
 public:
  // Forgets what was known and looks through the unread words of all streams.
  void Scan(std::span<const std::unique_ptr<Stream>> streams, std::span<const ObjectOrder> objects);

  // The largest version of `object` below `version` that is still to come, or 0. (It may
  // have come since the scan; then the object stands at it or beyond.)
  trace::Version VersionBelow(trace::ObjectId object, trace::Version version) const;
  std::uint64_t StretchBelow(trace::TaskId task, std::uint64_t stretch) const;

  bool HasSpawn(trace::TaskId task) const { return spawns_.contains(task); }
  bool HasEnd(trace::TaskId task) const { return ends_.contains(task); }
  bool HasRequest(const CompletionKey& key) const { return requests_.contains(key); }
  bool HasCompletion(trace::TaskId task) const { return completions_.contains(task); }

  // A request or a completion on behalf of a task was placed. True: it was the last one.
  bool RequestPlaced(const CompletionKey& key);
  bool CompletionPlaced(trace::TaskId task);

 private:
  using Numbered = std::pair<std::uint32_t, std::uint64_t>;

  void ScanStream(const Stream& s, StreamIndex index, std::span<const ObjectOrder> objects);
  void ScanRecord(const trace::Event& event, trace::TaskId task, Stream& scratch);

  std::vector<Numbered> versions_;   // (object, version), sorted
  std::vector<Numbered> stretches_;  // (task, number), sorted
  absl::flat_hash_set<trace::TaskId> spawns_;
  absl::flat_hash_set<trace::TaskId> ends_;
  absl::flat_hash_map<CompletionKey, std::uint32_t> requests_;
  absl::flat_hash_map<trace::TaskId, std::uint32_t> completions_;
};

// The keys under which a completion by another task may look for this wait.
void AppendKeys(trace::TaskId task, const OpenWait& wait, std::vector<CompletionKey>& keys);

// The key of a record with flag `for` that ends a wait. False where it ends none.
bool KeyOf(const trace::Event& event, CompletionKey& key);

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_READER_REMAINING_H_
