// The other end of a region: takes out what threads have committed, stream by stream.
//
// Locking   one reader per region, in one thread; writers go on meanwhile.
// Cost      a look at each chunk's header per call; words are handed over where they lie.
#ifndef GORDIAN_INSTRUMENT_RECORDER_REGION_READER_H_
#define GORDIAN_INSTRUMENT_RECORDER_REGION_READER_H_

#include <cstdint>
#include <functional>
#include <span>
#include <unordered_map>
#include <vector>

#include "instrument/recorder/region.h"
#include "instrument/trace/ids.h"

namespace gordian::recorder {

// How much Drain takes.
enum class DrainKind : std::uint8_t {
  kFull,     // full chunks only, which is what a busy program needs
  kPresent,  // also what has been committed to chunks that are being written
  kLast,     // the writers are gone: everything, also where a chunk before it is missing
};

class RegionReader {
 public:
  using Take = std::function<void(trace::StreamId, std::span<const std::uint64_t>)>;

  // `recycle`: chunks that are done go back to the writers.
  RegionReader(const Region* region, bool recycle) : region_(*region), recycle_(recycle) {}

  // Hands over the new words of each stream, oldest first; always whole records.
  void Drain(DrainKind kind, const Take& take);

  // A number that changes whenever anything was committed.
  std::uint64_t Activity() const;

  // The OS threads that are recording now.
  std::vector<std::uint64_t> Threads() const;

 private:
  struct Piece;

  std::vector<Piece> Collect(DrainKind kind);
  const Region& region_;
  bool recycle_;
  std::vector<std::uint64_t> read_;                          // words already handed over, by chunk
  std::unordered_map<trace::StreamId, std::uint64_t> next_;  // sequence that is due, by stream
};

}  // namespace gordian::recorder

#endif  // GORDIAN_INSTRUMENT_RECORDER_REGION_READER_H_
