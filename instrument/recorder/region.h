// A mapping full of chunks that outlives the threads, and the process, that write to it.
//
// Under `gordian run` it is anonymous shared memory which the supervisor owns, drains and
// recycles; for a program that records alone it is a file that keeps everything. Either
// way a program that is killed at any instruction leaves what it has committed.
//
//     header page │ chunk 0 │ chunk 1 │ … │ chunk made-1 │ (not made yet)
//
// Locking   none: free chunks are a stack of indices (Treiber 1986, with a tag against
//           ABA), so that a thread killed inside leaves it usable.
// Cost      Take is a compare-and-swap; making a chunk faults its pages in, so that
//           writing an event never takes a page fault, and never meets a full disk.
// Limits    address space for kRegionChunks is reserved, memory only as chunks are made.
//           Whoever reads distrusts the contents: a stray write of the program may
//           have hit them.
#ifndef GORDIAN_INSTRUMENT_RECORDER_REGION_H_
#define GORDIAN_INSTRUMENT_RECORDER_REGION_H_

#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "instrument/recorder/chunk.h"
#include "instrument/recorder/sink.h"

namespace gordian::recorder {

inline constexpr std::uint64_t kRegionMagic = 0x455649'4C'44524F47;  // "GORDLIVE"
inline constexpr std::uint32_t kRegionVersion = 1;
inline constexpr std::size_t kRegionHeaderBytes = 4096;
inline constexpr std::uint32_t kRegionChunks = 16384;

// Whether anything that the recorded library knows of can still happen: a task that runs or
// could, an armed timer.
enum class Motion : std::uint32_t { kUnknown = 0, kMoves = 1, kStandsStill = 2 };

inline constexpr std::uint32_t kOwnStatus = 1u << 16;

// At the start of the mapping. A futex word is where somebody may sleep.
struct RegionHeader {
  std::uint64_t magic = kRegionMagic;
  std::uint32_t version = kRegionVersion;
  std::uint32_t limit = 0;                  // most chunks there may be
  std::atomic<std::uint32_t> made{0};       // chunks that exist
  std::atomic<std::int32_t> full{0};        // of them, not drained yet; below 0 for a moment
  std::atomic<std::uint64_t> free{0};       // stack of free chunks: tag │ index + 1
  std::atomic<std::uint32_t> recycled{0};   // futex: counts chunks that came back
  std::atomic<std::uint32_t> sleepers{0};   // threads that wait for `recycled`
  std::atomic<std::uint32_t> heartbeat{0};  // the supervisor lives
  std::atomic<std::uint64_t> refused{0};    // events that found no chunk
  std::atomic<std::uint64_t> told{0};       // of them, written down as Loss since
  std::atomic<Motion> motion{Motion::kUnknown};
  std::atomic<std::uint32_t> pid{0};  // who records, in its own numbering
  // The process ends its own tests where they hang, once it is told: `hang` is written, then how
  // much of it there is; whoever reads it sets that back to 0.
  std::atomic<std::uint32_t> ends_own_tests{0};
  std::atomic<std::uint32_t> hang_bytes{0};
  std::array<char, 2048> hang{};
  std::atomic<std::uint32_t> quit_is_ours{0};  // the handler of SIGQUIT is the recorder's
  // A program that nobody watched asks its companion (companion.h) for the verdict: a futex that is
  // 0, then the status to end with + 1, or kOwnStatus. One that hangs is told unasked.
  std::atomic<std::uint32_t> asks_verdict{0};
  std::atomic<std::uint32_t> verdict{0};
  // futex: a chunk, index + 1, with a text for the supervisor to say, who sets it back to 0.
  std::atomic<std::uint32_t> text{0};
};
static_assert(sizeof(RegionHeader) <= kRegionHeaderBytes);

// One word shared by all recorded processes of a run: full chunks ring it.
struct Doorbell {
  std::atomic<std::uint32_t> rung{0};      // futex
  std::atomic<std::uint32_t> sleeping{0};  // the supervisor waits
};

enum class Backing : std::uint8_t { kSharedMemory, kFile };

// The mapping. Movable; unmaps at the end.
class Region {
 public:
  // Lays out an empty region in `fd`, whose size is set. `limit` chunks at most.
  static std::optional<Region> Create(int fd, std::uint32_t limit, Backing backing);
  // Maps a region that another process laid out.
  static std::optional<Region> Attach(int fd, Backing backing);

  Region(Region&& other) noexcept;
  Region& operator=(Region&& other) noexcept;
  ~Region();

  RegionHeader& header() const { return *static_cast<RegionHeader*>(memory_); }
  // Chunks that exist, however damaged the header is.
  std::uint32_t made() const;
  Chunk& chunk(std::uint32_t index) const;

  // A free chunk's index, or nothing.
  std::optional<std::uint32_t> PopFree() const;
  // The writer's side never pushes; the drained chunk goes back here.
  void PushFree(std::uint32_t index) const;
  // A new chunk, its memory in place, or nothing where there can be none. `file` is the
  // region's file where it is backed by one.
  std::optional<std::uint32_t> Make(int file);

 private:
  Region(void* memory, std::size_t bytes, std::uint32_t limit, Backing backing)
      : memory_(memory), bytes_(bytes), limit_(limit), backing_(backing) {}

  bool Populate(std::uint32_t index, int file);

  void* memory_;
  std::size_t bytes_;
  std::uint32_t limit_;
  Backing backing_;
};

// A file that a region lives in. It is opened anew each time the region grows: a program
// that closes all its descriptors must neither stop the recording nor have one of
// its own files grow in its place.
struct RegionFile {
  std::string path;  // absolute
  dev_t device = 0;
  ino_t inode = 0;

  // A descriptor of that very file, or -1.
  int Open() const;
};

// The recording process's end of a region. Shared between threads; see Sink.
class RegionSink final : public Sink {
 public:
  // Drained by a supervisor, who hears `doorbell`.
  RegionSink(Region region, Doorbell* doorbell) : region_(std::move(region)), doorbell_(doorbell) {}
  // Kept whole in a file.
  RegionSink(Region region, RegionFile file) : region_(std::move(region)), file_(std::move(file)) {}

  Chunk* Take(trace::StreamId stream, std::uint64_t sequence) override;
  void Give(Chunk* chunk) override;
  void Told(std::uint64_t lost) override;

  // Has the supervisor say `text`, as soon as it has said the one before. False where it does not.
  bool HandOver(std::string_view text);

  const Region& region() const { return region_; }

 private:
  std::optional<std::uint32_t> MakeChunk();
  std::optional<std::uint32_t> WaitForFree();

  Region region_;
  Doorbell* doorbell_ = nullptr;
  RegionFile file_;
  // The heartbeat at which a wait was in vain: until it changes nobody waits again.
  std::atomic<std::uint32_t> dead_beat_{~0u};
  std::atomic<bool> file_is_full_{false};
};

// Events that found no chunk and that no Loss record tells of.
std::uint64_t UntoldLoss(const Region& region);

// The record that tells of them, in a stream of definitions that no thread has.
inline constexpr trace::StreamId kSupervisorStream = 0;
std::array<std::uint64_t, 3> LossRecord(std::uint64_t events);

// The process that records into a region's file, in its own numbering; nothing where the file is
// no region of this version.
std::optional<std::uint32_t> WriterOfRegion(int fd);

// A file in memory for a region or a doorbell; -1 on failure.
int MakeSharedMemory(const char* name, std::size_t bytes);

void FutexWake(std::atomic<std::uint32_t>& word);
// Sleeps while `word` is `value`, at most `milliseconds`; may return early.
void FutexWait(std::atomic<std::uint32_t>& word, std::uint32_t value, int milliseconds);

}  // namespace gordian::recorder

#endif  // GORDIAN_INSTRUMENT_RECORDER_REGION_H_
