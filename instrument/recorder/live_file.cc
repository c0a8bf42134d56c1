#include "instrument/recorder/live_file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "instrument/recorder/region_reader.h"
#include "instrument/trace/file_writer.h"

namespace gordian::recorder {
namespace {

constexpr std::string_view kLiveSuffix = ".live";

// "%p" → the process id; absolute, since the program may change its directory.
std::string Expanded(std::string_view file) {
  std::string path(file);
  const std::string pid = std::to_string(getpid());
  for (std::size_t at = path.find("%p"); at != std::string::npos; at = path.find("%p", at)) {
    path.replace(at, 2, pid);
  }
  if (path.starts_with('/')) return path;
  char directory[PATH_MAX];
  return getcwd(directory, sizeof directory) == nullptr ? path
                                                        : std::string(directory) + "/" + path;
}

// Who records into this live file, if that process still lives.
bool IsInUse(const std::string& live) {
  const int fd = open(live.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const std::optional<std::uint32_t> writer = WriterOfRegion(fd);
  close(fd);
  return writer && *writer != 0 && (kill(static_cast<pid_t>(*writer), 0) == 0 || errno == EPERM);
}

void Say(const std::string& what, const std::string& why) {
  dprintf(2, "gordian: %s: %s\n", what.c_str(), why.c_str());
}

// Everything in `region` as a trace file. Returns what went wrong.
std::string WriteTrace(const Region& region, const std::string& trace) {
  trace::FileWriter writer;
  writer.Open(trace);
  RegionReader(&region, /*recycle=*/false)
      .Drain(DrainKind::kLast,
             [&writer](trace::StreamId stream, std::span<const std::uint64_t> words) {
               writer.Write(stream, words);
             });
  if (const std::uint64_t lost = UntoldLoss(region); lost != 0) {
    writer.Write(kSupervisorStream, LossRecord(lost));
  }
  return writer.Close().message;
}

}  // namespace

std::unique_ptr<LiveFile> LiveFile::Open(std::string_view file, std::uint64_t bytes,
                                         std::unique_ptr<RegionSink>& sink) {
  std::string trace = Expanded(file);
  if (IsInUse(trace + std::string(kLiveSuffix))) trace += "." + std::to_string(getpid());
  const std::string live = trace + std::string(kLiveSuffix);
  unlink(live.c_str());
  const int fd = open(live.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
  if (fd < 0) {
    Say("nothing is recorded, cannot write " + live, std::strerror(errno));
    return nullptr;
  }
  const std::uint64_t chunks = bytes / kChunkBytes;
  std::optional<Region> region =
      Region::Create(fd, static_cast<std::uint32_t>(std::min<std::uint64_t>(chunks, kRegionChunks)),
                     Backing::kFile);
  struct stat status{};
  fstat(fd, &status);
  std::optional<std::uint32_t> first = region ? region->Make(fd) : std::nullopt;
  close(fd);
  if (!first) {
    Say("nothing is recorded, no room for " + live, "the disk is full or a limit is too low");
    unlink(live.c_str());
    return nullptr;
  }
  region->PushFree(*first);
  region->header().pid.store(static_cast<std::uint32_t>(getpid()));
  sink = std::make_unique<RegionSink>(std::move(*region),
                                      RegionFile{live, status.st_dev, status.st_ino});
  return std::unique_ptr<LiveFile>(new LiveFile(std::move(trace), live));
}

void LiveFile::Seal(const Region& region) {
  if (const std::uint64_t lost = UntoldLoss(region); lost != 0) {
    Say(trace_, std::to_string(lost) + " events found no room, the recording is incomplete");
  }
  const std::string problem = WriteTrace(region, trace_);
  if (problem.empty()) {
    unlink(live_.c_str());
  } else {
    Say(problem, "the recording stays in " + live_);
  }
}

std::string SealLiveFile(const std::string& live, const std::string& trace) {
  const int fd = open(live.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return "cannot open " + live + ": " + std::strerror(errno);
  const std::optional<Region> region = Region::Attach(fd, Backing::kFile);
  close(fd);
  if (!region) return live + " is not a recording of this version";
  return WriteTrace(*region, trace);
}

bool IsLiveFile(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool is_live = WriterOfRegion(fd).has_value();
  close(fd);
  return is_live;
}

}  // namespace gordian::recorder
