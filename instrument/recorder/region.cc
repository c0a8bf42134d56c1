#include "instrument/recorder/region.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <new>
#include <utility>

#include "instrument/trace/wire.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

namespace gordian::recorder {
namespace {

// Chunks that wait to be drained before a writer rather waits than makes another.
constexpr std::int32_t kMostFull = 64;
// Made chunks that are faulted in beforehand. A program with more threads than this
// would hold memory that most of them never write.
constexpr std::uint32_t kMostPrefaulted = 256;
// How long a thread waits for a supervisor whose heart stands still.
constexpr int kPatienceMs = 1000;
constexpr int kNapMs = 20;

constexpr std::size_t BytesFor(std::uint32_t chunks) {
  return kRegionHeaderBytes + static_cast<std::size_t>(chunks) * kChunkBytes;
}

// As many of `chunks` as leave the program most of an address space that is limited (RLIMIT_AS).
std::uint32_t Affordable(std::uint32_t chunks) {
  rlimit limit{};
  if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return chunks;
  while (chunks > 1 && BytesFor(chunks) > limit.rlim_cur / 8) chunks /= 2;
  return chunks;
}

// Whether a file may grow to `bytes`: past RLIMIT_FSIZE the kernel would send SIGXFSZ.
bool WithinFileLimit(std::uint64_t bytes) {
  rlimit limit{};
  return getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY ||
         bytes <= limit.rlim_cur;
}

}  // namespace

int MakeSharedMemory(const char* name, std::size_t bytes) {
  const int fd = memfd_create(name, MFD_CLOEXEC);
  if (fd < 0) return -1;
  if (!WithinFileLimit(bytes) || ftruncate(fd, static_cast<off_t>(bytes)) != 0) {
    close(fd);
    return -1;
  }
  return fd;
}

void FutexWake(std::atomic<std::uint32_t>& word) {
  syscall(SYS_futex, &word, FUTEX_WAKE, INT32_MAX, nullptr, nullptr, 0);
}

void FutexWait(std::atomic<std::uint32_t>& word, std::uint32_t value, int milliseconds) {
  timespec timeout{milliseconds / 1000, (milliseconds % 1000) * 1'000'000L};
  syscall(SYS_futex, &word, FUTEX_WAIT, value, &timeout, nullptr, 0);
}

std::uint64_t UntoldLoss(const Region& region) {
  const std::uint64_t refused = region.header().refused.load();
  return refused - std::min(refused, region.header().told.load());
}

std::array<std::uint64_t, 3> LossRecord(std::uint64_t events) {
  return {trace::Head(trace::EventType::kLoss, false, 0, 0), events, /*length of text=*/0};
}

std::optional<std::uint32_t> WriterOfRegion(int fd) {
  RegionHeader seen;
  if (pread(fd, static_cast<void*>(&seen), sizeof seen, 0) != sizeof seen ||
      seen.magic != kRegionMagic || seen.version != kRegionVersion) {
    return std::nullopt;
  }
  return seen.pid.load();
}

// --- Region ------------------------------------------------------------------

std::optional<Region> Region::Create(int fd, std::uint32_t limit, Backing backing) {
  limit = Affordable(std::min(limit, kRegionChunks));
  while (backing == Backing::kSharedMemory && limit > 1 && !WithinFileLimit(BytesFor(limit))) {
    limit /= 2;
  }
  if (backing == Backing::kFile) {
    if (!WithinFileLimit(BytesFor(1)) || posix_fallocate(fd, 0, kRegionHeaderBytes) != 0) {
      return std::nullopt;
    }
  } else if (ftruncate(fd, static_cast<off_t>(BytesFor(limit))) != 0) {
    return std::nullopt;
  }
  void* memory = mmap(nullptr, BytesFor(limit), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) return std::nullopt;
  (new (memory) RegionHeader)->limit = limit;
  return Region(memory, BytesFor(limit), limit, backing);
}

std::optional<Region> Region::Attach(int fd, Backing backing) {
  struct stat status{};
  RegionHeader seen;
  if (fstat(fd, &status) != 0 ||
      pread(fd, static_cast<void*>(&seen), sizeof seen, 0) != sizeof seen ||
      seen.magic != kRegionMagic || seen.version != kRegionVersion) {
    return std::nullopt;
  }
  const std::uint64_t size = static_cast<std::uint64_t>(status.st_size);
  if (size < kRegionHeaderBytes) return std::nullopt;
  // A file ends where its last chunk does.
  const auto fitting = static_cast<std::uint32_t>(
      std::min<std::uint64_t>((size - kRegionHeaderBytes) / kChunkBytes, kRegionChunks));
  std::uint32_t limit = std::min(seen.limit, fitting);
  // Who records needs no more than it will write; who reads a file, all that is there.
  if (backing == Backing::kSharedMemory) limit = Affordable(limit);
  void* memory = mmap(nullptr, BytesFor(limit), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) return std::nullopt;
  return Region(memory, BytesFor(limit), limit, backing);
}

Region::Region(Region&& other) noexcept
    : memory_(std::exchange(other.memory_, nullptr)),
      bytes_(other.bytes_),
      limit_(other.limit_),
      backing_(other.backing_) {}

Region& Region::operator=(Region&& other) noexcept {
  std::swap(memory_, other.memory_);
  std::swap(bytes_, other.bytes_);
  std::swap(limit_, other.limit_);
  std::swap(backing_, other.backing_);
  return *this;
}

Region::~Region() {
  if (memory_ != nullptr) munmap(memory_, bytes_);
}

std::uint32_t Region::made() const {
  return std::min(header().made.load(std::memory_order_acquire), limit_);
}

Chunk& Region::chunk(std::uint32_t index) const {
  return *reinterpret_cast<Chunk*>(static_cast<char*>(memory_) + BytesFor(index));
}

std::optional<std::uint32_t> Region::PopFree() const {
  std::uint64_t top = header().free.load(std::memory_order_acquire);
  for (;;) {
    const auto index = static_cast<std::uint32_t>(top);
    if (index == 0 || index > limit_) return std::nullopt;
    const std::uint64_t next = chunk(index - 1).header.next_free & 0xFFFF'FFFF;
    if (header().free.compare_exchange_weak(top, ((top >> 32) + 1) << 32 | next,
                                            std::memory_order_acquire)) {
      return index - 1;
    }
  }
}

void Region::PushFree(std::uint32_t index) const {
  Chunk& freed = chunk(index);
  freed.header.committed.store(0, std::memory_order_relaxed);
  freed.header.state.store(ChunkState::kFree, std::memory_order_relaxed);
  std::uint64_t top = header().free.load(std::memory_order_relaxed);
  do {
    freed.header.next_free = top & 0xFFFF'FFFF;
  } while (!header().free.compare_exchange_weak(top, ((top >> 32) + 1) << 32 | (index + 1),
                                                std::memory_order_release));
  header().recycled.fetch_add(1);
  if (header().sleepers.load() != 0) FutexWake(header().recycled);
}

std::optional<std::uint32_t> Region::Make(int file) {
  std::uint32_t index = header().made.load(std::memory_order_relaxed);
  // The memory is in place before the chunk is announced. Two threads may ask for the
  // same stretch; it is made once.
  do {
    if (index >= limit_ || !Populate(index, file)) return std::nullopt;
  } while (!header().made.compare_exchange_weak(index, index + 1, std::memory_order_acq_rel));
  return index;
}

bool Region::Populate(std::uint32_t index, int file) {
  if (backing_ == Backing::kFile) {
    if (!WithinFileLimit(BytesFor(index + 1)) ||
        posix_fallocate(file, static_cast<off_t>(BytesFor(index)), kChunkBytes) != 0) {
      return false;
    }
  } else if (index >= kMostPrefaulted) {
    return true;
  }
  // EINVAL: the kernel is older than 5.14, and the pages come one by one.
  return madvise(&chunk(index), kChunkBytes, MADV_POPULATE_WRITE) == 0 || errno == EINVAL;
}

// --- RegionFile --------------------------------------------------------------

int RegionFile::Open() const {
  const int fd = open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  struct stat status{};
  if (fd >= 0 && (fstat(fd, &status) != 0 || status.st_dev != device || status.st_ino != inode)) {
    close(fd);
    return -1;
  }
  return fd;
}

// --- RegionSink --------------------------------------------------------------

Chunk* RegionSink::Take(trace::StreamId stream, std::uint64_t sequence) {
  RegionHeader& header = region_.header();
  std::optional<std::uint32_t> index = region_.PopFree();
  if (!index && header.full.load(std::memory_order_relaxed) < kMostFull) index = MakeChunk();
  if (!index && doorbell_ != nullptr) index = WaitForFree();
  if (!index) {
    header.refused.fetch_add(1, std::memory_order_relaxed);
    return nullptr;
  }
  Chunk& chunk = region_.chunk(*index);
  chunk.header.stream = stream;
  chunk.header.sequence = sequence;
  chunk.header.capacity = kChunkWords;
  chunk.header.os_thread = static_cast<std::uint64_t>(syscall(SYS_gettid));
  chunk.header.committed.store(0, std::memory_order_relaxed);
  chunk.header.state.store(ChunkState::kWriting, std::memory_order_release);
  return &chunk;
}

void RegionSink::Give(Chunk*) {
  if (doorbell_ == nullptr) return;
  region_.header().full.fetch_add(1, std::memory_order_relaxed);
  doorbell_->rung.fetch_add(1);
  if (doorbell_->sleeping.load() != 0) FutexWake(doorbell_->rung);
}

void RegionSink::Told(std::uint64_t lost) {
  region_.header().told.fetch_add(lost, std::memory_order_relaxed);
}

bool RegionSink::HandOver(std::string_view text) {
  if (doorbell_ == nullptr) return false;
  RegionHeader& header = region_.header();
  for (int waited = 0; header.text.load() != 0; waited += kNapMs) {
    if (waited >= kPatienceMs) return false;
    FutexWait(header.text, header.text.load(), kNapMs);
  }
  std::optional<std::uint32_t> index = region_.PopFree();
  if (!index) index = MakeChunk();
  if (!index) return false;
  Chunk& chunk = region_.chunk(*index);
  const std::size_t bytes =
      text.copy(reinterpret_cast<char*>(chunk.words), kChunkWords * sizeof(std::uint64_t));
  chunk.header.committed.store(bytes, std::memory_order_relaxed);
  chunk.header.state.store(ChunkState::kText, std::memory_order_release);
  header.text.store(*index + 1, std::memory_order_release);
  return true;
}

std::optional<std::uint32_t> RegionSink::MakeChunk() {
  if (doorbell_ != nullptr) return region_.Make(-1);
  if (file_is_full_.load(std::memory_order_relaxed)) return std::nullopt;
  const int file = file_.Open();
  std::optional<std::uint32_t> index;
  if (file >= 0) {
    index = region_.Make(file);
    close(file);
  }
  // Asked once: a program that has filled its disk must not pay for it at every event.
  if (!index) file_is_full_.store(true, std::memory_order_relaxed);
  return index;
}

std::optional<std::uint32_t> RegionSink::WaitForFree() {
  RegionHeader& header = region_.header();
  std::uint32_t beat = header.heartbeat.load(std::memory_order_relaxed);
  if (beat == dead_beat_.load(std::memory_order_relaxed)) return std::nullopt;
  header.sleepers.fetch_add(1);
  std::optional<std::uint32_t> index;
  for (int waited = 0; waited < kPatienceMs; waited += kNapMs) {
    const std::uint32_t recycled = header.recycled.load();
    index = region_.PopFree();
    if (index) break;
    FutexWait(header.recycled, recycled, kNapMs);
    const std::uint32_t now = header.heartbeat.load(std::memory_order_relaxed);
    if (now != std::exchange(beat, now)) waited = 0;
  }
  header.sleepers.fetch_sub(1);
  if (!index) dead_beat_.store(beat, std::memory_order_relaxed);
  return index;
}

}  // namespace gordian::recorder
