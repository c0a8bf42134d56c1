// How fast traces are analysed, how that grows, and what it takes in memory.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "detector/model/model.h"
#include "detector/pipeline/pipeline.h"
#include "detector/reader/reader.h"
#include "instrument/trace/file_reader.h"
#include "instrument/trace/file_writer.h"
#include "tests/bench/suites.h"
#include "tests/bench/synthetic.h"

namespace gordian::bench {
namespace {

namespace fs = std::filesystem;

// A recording in a file of its own, gone with the object.
class TraceFile {
 public:
  explicit TraceFile(const Synthetic& what)
      : path_(fs::temp_directory_path() / ("gordian-bench-" + std::to_string(getpid()) + "-" +
                                           std::to_string(what.events) + ".gtrace")) {
    trace::FileWriter writer;
    Check(writer.Open(path_));
    Generate(what, [&](trace::StreamId stream, std::span<const std::uint64_t> words) {
      Check(writer.Write(stream, words));
    });
    Check(writer.Close());
  }
  ~TraceFile() { fs::remove(path_); }

  double bytes() const { return static_cast<double>(fs::file_size(path_)); }

  // Calls `feed` with every piece of every stream.
  template <typename Feed>
  void ForEachFrame(Feed&& feed) const {
    trace::FileReader reader;
    Check(reader.Open(path_));
    trace::Frame frame;
    trace::FileStatus problem;
    for (;;) {
      switch (reader.Next(frame, problem)) {
        case trace::FileReader::kFrame:
          feed(frame.stream, frame.words);
          break;
        case trace::FileReader::kProblem:
          Check(problem);
          break;
        case trace::FileReader::kEnd:
          return;
      }
    }
  }

 private:
  static void Check(const trace::FileStatus& status) {
    if (status.ok()) return;
    std::fprintf(stderr, "benchmark trace: %s\n", status.message.c_str());
    std::exit(2);
  }

  std::string path_;
};

// CPU seconds from the file to every event's happens-before.
double HappensBeforeSeconds(const TraceFile& file) {
  const double before = CpuSeconds();
  detector::Reader reader;
  detector::Model model;
  const auto apply = [&](const trace::Event& event) { model.Apply(event); };
  file.ForEachFrame([&](trace::StreamId stream, std::span<const std::uint64_t> words) {
    reader.Feed(stream, words);
    Keep(reader.Drain(apply));
  });
  Keep(reader.Finish(apply));
  return CpuSeconds() - before;
}

// CPU seconds from the file to all findings.
double AllSeconds(const TraceFile& file) {
  const double before = CpuSeconds();
  detector::Pipeline pipeline;
  file.ForEachFrame([&](trace::StreamId stream, std::span<const std::uint64_t> words) {
    Keep(pipeline.Feed(stream, words));
  });
  Keep(pipeline.Judge(detector::CutKind::kProgramEnd));
  return CpuSeconds() - before;
}

// What a child process that runs `work` has resident at its peak, in bytes.
template <typename Work>
double PeakBytesOf(Work&& work) {
  const pid_t child = fork();
  if (child == 0) {
    work();
    _exit(0);
  }
  rusage usage{};
  wait4(child, nullptr, 0, &usage);
  return static_cast<double>(usage.ru_maxrss) * 1024;
}

void Throughput(Table& table) {
  constexpr std::uint64_t kEvents = 2'000'000;
  const TraceFile file({.events = kEvents});
  const auto millions = [&](double seconds) { return kEvents / seconds / 1e6; };
  table.Against(
      {"analysis/happens_before", "M events/s", "goal 20 M", 1, true},
      [&] { return millions(HappensBeforeSeconds(file)); }, 20);
  table.Against(
      {"analysis/all_findings", "M events/s", "RAPID hb 0.2 M", 0.1, true},
      [&] { return millions(AllSeconds(file)); }, 0.205);
  table.Against(
      {"analysis/file_size", "bytes/event", "a word", 1, false},
      [&] { return file.bytes() / kEvents; }, 8);
}

void Growth(Table& table) {
  double base = 0;
  for (const std::uint64_t events : {100'000u, 1'000'000u, 10'000'000u, 100'000'000u}) {
    const TraceFile file({.events = events});
    const auto ns = [&] { return HappensBeforeSeconds(file) * 1e9 / static_cast<double>(events); };
    const double first = ns();
    if (base == 0) base = first;
    table.Against(
        {"analysis/ns_per_event_at_" + std::to_string(events), "ns", "at 100000", 1.5},
        [&] { return events >= 10'000'000 ? first : ns(); }, base);
  }
}

void Memory(Table& table) {
  constexpr std::uint64_t kFew = 1'000'000, kMany = 5'000'000;
  const TraceFile few({.events = kFew}), many({.events = kMany});
  table.Against(
      {"analysis/memory_per_event", "bytes", "goal: constant memory", 1},
      [&] {
        const double grown =
            PeakBytesOf([&] { AllSeconds(many); }) - PeakBytesOf([&] { AllSeconds(few); });
        return std::max(0.0, grown) / static_cast<double>(kMany - kFew);
      },
      64);
}

void Deadlocks(Table& table) {
  const TraceFile file({.events = 1'000'000,
                        .tasks = 16,
                        .locks = 500,
                        .nesting = 3,
                        .inverted = 0.001,
                        .accesses = 0,
                        .own_locks_mostly = false});
  table.Against(
      {"analysis/sync_preserving_deadlocks_1M", "CPU s", "goal 1 s", 1},
      [&] { return AllSeconds(file); }, 1);
}

}  // namespace

void AnalysisSuite(Table& table) {
  Throughput(table);
  Deadlocks(table);
  Memory(table);
  Growth(table);
}

}  // namespace gordian::bench
