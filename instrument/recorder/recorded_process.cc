#include "instrument/recorder/recorded_process.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>
#include <vector>

namespace gordian::recorder {

RecordedProcess::RecordedProcess(Identity identity, int pidfd, Region region,
                                 std::string trace_path)
    : identity_(std::move(identity)),
      pidfd_(pidfd),
      trace_path_(std::move(trace_path)),
      region_(std::move(region)),
      reader_(&region_, /*recycle=*/true) {
  writer_.Open(trace_path_);
}

RecordedProcess::~RecordedProcess() { close(pidfd_); }

void RecordedProcess::KeepNewest(std::uint64_t bytes) {
  std::lock_guard lock(mutex_);
  newest_ = bytes;
}

// In steps, so that it does not cost a system call for each frame.
void RecordedProcess::Analysed(std::uint64_t end) {
  constexpr std::uint64_t kStep = std::uint64_t{1} << 20;
  std::lock_guard lock(mutex_);
  analysed_ = end;
  if (newest_ == 0 || head_end_ == 0) return;
  const std::uint64_t begin = std::max(head_end_, given_up_);
  const std::uint64_t bytes = writer_.bytes();
  end = std::min(analysed_, bytes - std::min(bytes, newest_ / 2));
  if (end < begin + std::min(kStep, newest_ / 4)) return;
  writer_.GiveUp(begin, end);
  given_up_ = end;
}

bool RecordedProcess::Drain(DrainKind kind) {
  std::lock_guard lock(mutex_);
  if (finished_) return false;
  const bool is_full = newest_ != 0 && writer_.bytes() - analysed_ > newest_ / 2;
  if (is_full && kind == DrainKind::kFull) return false;
  const std::uint64_t before = words_;
  reader_.Drain(kind, [this](trace::StreamId stream, std::span<const std::uint64_t> words) {
    words_ += words.size();
    writer_.Write(stream, words);
    if (head_end_ == 0) head_end_ = writer_.bytes();
  });
  return words_ != before;
}

void RecordedProcess::Beat() { region_.header().heartbeat.fetch_add(1, std::memory_order_relaxed); }

std::uint64_t RecordedProcess::Activity() const {
  std::lock_guard lock(mutex_);
  return reader_.Activity();
}

namespace {

// A first thread that has left by pthread_exit stays in the list of threads.
bool HasEnded(const std::filesystem::path& thread) {
  std::string stat;
  std::getline(std::ifstream(thread / "stat"), stat);
  const std::size_t name_end = stat.rfind(')');  // "4711 (name) Z …"
  return name_end != std::string::npos && name_end + 2 < stat.size() && stat[name_end + 2] == 'Z';
}

}  // namespace

bool RecordedProcess::HasUnknownThread() const {
  std::vector<std::uint64_t> known;
  {
    std::lock_guard lock(mutex_);
    known = reader_.Threads();
  }
  const std::filesystem::path tasks = "/proc/" + std::to_string(identity_.pid) + "/task";
  // Threads and the process itself may go away meanwhile: nothing here may throw.
  std::error_code error;
  std::filesystem::directory_iterator entry(tasks, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const std::string tid = entry->path().filename();
    if (std::ranges::find(known, std::strtoull(tid.c_str(), nullptr, 10)) != known.end()) continue;
    std::string name;
    std::getline(std::ifstream(entry->path() / "comm"), name);
    if (!name.starts_with("gordian") && !HasEnded(entry->path())) return true;
  }
  return static_cast<bool>(error);
}

Motion RecordedProcess::motion() const { return region_.header().motion.load(); }

bool RecordedProcess::EndsOwnTests() const { return region_.header().ends_own_tests.load() != 0; }

void RecordedProcess::TellHang(std::string_view why) {
  RegionHeader& header = region_.header();
  const std::size_t bytes = why.copy(header.hang.data(), header.hang.size());
  header.hang_bytes.store(static_cast<std::uint32_t>(bytes));
}

std::string RecordedProcess::TakeText() {
  RegionHeader& header = region_.header();
  const std::uint32_t named = header.text.load(std::memory_order_acquire);
  if (named == 0 || named > region_.made()) return "";
  const Chunk& chunk = region_.chunk(named - 1);
  const std::size_t bytes =
      std::min<std::size_t>(chunk.header.committed.load(), kChunkWords * sizeof(std::uint64_t));
  std::string text(reinterpret_cast<const char*>(chunk.words), bytes);
  region_.PushFree(named - 1);
  header.text.store(0);
  FutexWake(header.text);
  return text;
}

bool RecordedProcess::AsksVerdict() const { return region_.header().asks_verdict.load() != 0; }

void RecordedProcess::TellVerdict(std::optional<int> status) {
  std::atomic<std::uint32_t>& verdict = region_.header().verdict;
  verdict.store(status ? static_cast<std::uint32_t>(*status) + 1 : kOwnStatus);
  FutexWake(verdict);
}

bool RecordedProcess::QuitIsOurs() const { return region_.header().quit_is_ours.load() != 0; }

void RecordedProcess::Finish() {
  Drain(DrainKind::kLast);
  std::lock_guard lock(mutex_);
  if (std::exchange(finished_, true)) return;
  if (const std::uint64_t lost = UntoldLoss(region_); lost != 0) {
    writer_.Write(kSupervisorStream, LossRecord(lost));
  }
}

bool RecordedProcess::finished() const {
  std::lock_guard lock(mutex_);
  return finished_;
}

void RecordedProcess::Close(std::span<const std::uint64_t> definitions) {
  std::lock_guard lock(mutex_);
  writer_.Write(kSupervisorStream, definitions);
  writer_.Close();
}

std::uint64_t RecordedProcess::words() const {
  std::lock_guard lock(mutex_);
  return words_;
}

std::uint64_t RecordedProcess::trace_bytes() const {
  std::lock_guard lock(mutex_);
  return writer_.bytes();
}

std::uint64_t RecordedProcess::lost() const {
  std::lock_guard lock(mutex_);
  return UntoldLoss(region_);
}

std::string RecordedProcess::write_error() const {
  std::lock_guard lock(mutex_);
  return writer_.status().message;
}

}  // namespace gordian::recorder
