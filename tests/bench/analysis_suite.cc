// How fast traces are analysed, how that grows, and what it takes in memory.
#include <malloc.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "detector/analysis/race_data.h"
#include "detector/model/model.h"
#include "detector/pipeline/pipeline.h"
#include "detector/reader/reader.h"
#include "detector/reader/std_format.h"
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

// Happens-before and the races that it shows, and no other analysis.
class Races {
 public:
  auto Taker() {
    return [this](const trace::Event& event) {
      if (wants_.test(static_cast<std::size_t>(event.type))) races_.On(event, model_);
      model_.Apply(event);
    };
  }
  void Judge() { Keep(races_.AtCut({}, model_)); }

 private:
  detector::Model model_;
  detector::RaceData races_;
  const detector::EventSet wants_ = races_.wants();
};

// CPU seconds from the file to its data races.
double RaceSeconds(const TraceFile& file) {
  const double before = CpuSeconds();
  detector::Reader reader;
  Races races;
  const auto take = races.Taker();
  file.ForEachFrame([&](trace::StreamId stream, std::span<const std::uint64_t> words) {
    reader.Feed(stream, words);
    Keep(reader.Drain(take));
  });
  Keep(reader.Finish(take));
  races.Judge();
  return CpuSeconds() - before;
}

// The same from RAPID's text.
double StdRaceSeconds(const std::string& text) {
  constexpr std::size_t kPiece = std::size_t{1} << 16;
  const double before = CpuSeconds();
  detector::StdReader reader;
  Races races;
  const auto take = races.Taker();
  for (std::size_t at = 0; at < text.size(); at += kPiece) {
    Keep(reader.Feed(std::string_view(text).substr(at, kPiece), take));
  }
  Keep(reader.Finish(take));
  races.Judge();
  return CpuSeconds() - before;
}

// CPU seconds per test of a process that runs `tests` one after the other, each with ten
// tasks that are judged at its end, over the last hundred.
double SecondsPerTest(std::uint32_t tests) {
  constexpr std::uint32_t kMeasured = 100, kTasks = 10;
  detector::Pipeline pipeline;
  trace::TaskId task = 1;
  double before = 0;
  const auto put = [&](trace::EventType type, std::uint32_t subject, trace::TaskId by,
                       std::uint64_t arg = 0) {
    trace::Event event;
    event.type = type;
    event.subject = subject;
    event.task = event.actor = by;
    event.args[0] = arg;
    pipeline.Take(event);
  };
  put(trace::EventType::kTaskRun, 1, 1, 1);
  for (std::uint32_t test = 1; test <= tests; ++test) {
    if (test + kMeasured == tests + 1) before = CpuSeconds();
    put(trace::EventType::kTestBegin, test, 1);
    for (std::uint32_t i = 0; i < kTasks; ++i) {
      put(trace::EventType::kTaskSpawn, ++task, 1);
      put(trace::EventType::kTaskRun, task, task, 1);
      put(trace::EventType::kTaskEnd, task, task);
    }
    put(trace::EventType::kTestEnd, test, 1);
    Keep(pipeline.Judge(detector::CutKind::kTestEnd, test));
  }
  return (CpuSeconds() - before) / kMeasured;
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

double HeapBytes() {
  const struct mallinfo2 info = mallinfo2();
  return static_cast<double>(info.uordblks + info.hblkhd);
}

// What all analyses together keep of a trace that they have seen to its end.
double BytesKept(const Synthetic& what) {
  const TraceFile file(what);
  const double before = HeapBytes();
  detector::Pipeline pipeline;
  file.ForEachFrame([&](trace::StreamId stream, std::span<const std::uint64_t> words) {
    Keep(pipeline.Feed(stream, words));
  });
  Keep(pipeline.Judge(detector::CutKind::kProgramEnd));
  return HeapBytes() - before;
}

void Throughput(Table& table) {
  constexpr std::uint64_t kEvents = 2'000'000;
  const TraceFile file({.events = kEvents});
  const auto millions = [&](double seconds) { return kEvents / seconds / 1e6; };
  table.Against(
      {"analysis/happens_before", "M events/s", "goal 20 M", 1, true},
      [&] { return millions(HappensBeforeSeconds(file)); }, 20);
  table.Against(
      {"analysis/happens_before_races", "M events/s", "goal 20 M", 1, true},
      [&] { return millions(RaceSeconds(file)); }, 20);
  const std::string text = GenerateStd({.events = kEvents});
  table.Against(
      {"analysis/happens_before_races_from_std", "M events/s", "goal 10 M", 1, true},
      [&] { return millions(StdRaceSeconds(text)); }, 10);
  const TraceFile memory({.events = kEvents, .accesses = 14, .variables = 64, .by_address = true});
  table.Against(
      {"analysis/memory_races", "M events/s", "RAPID hb 0.2 M", 0.1, true},
      [&] { return millions(RaceSeconds(memory)); }, 0.205);
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

// Bytes per variable: of two traces that differ in nothing else but how many there are.
double BytesPerVariable(bool by_address) {
  constexpr std::uint32_t kLocks = 256, kFew = 100, kMany = 4'000;  // behind each lock
  const auto kept = [&](std::uint32_t variables) {
    return BytesKept({.events = 4'000'000,
                      .locks = kLocks,
                      .accesses = 14,
                      .variables = variables,
                      .by_address = by_address});
  };
  return (kept(kMany) - kept(kFew)) / (kLocks * (kMany - kFew));
}

void Memory(Table& table) {
  constexpr std::uint64_t kFew = 1'000'000, kMany = 5'000'000;
  table.Against(
      {"analysis/memory_per_event", "bytes", "64 bytes", 1},
      [&] { return (BytesKept({.events = kMany}) - BytesKept({.events = kFew})) / (kMany - kFew); },
      64);
  table.Against(
      {"analysis/memory_per_variable", "bytes", "64 bytes", 1},
      [] { return BytesPerVariable(/*by_address=*/false); }, 64);
  table.Against(
      {"analysis/memory_per_word", "bytes", "64 bytes", 1},
      [] { return BytesPerVariable(/*by_address=*/true); }, 64);
}

void ManyTests(Table& table) {
  table.Compare(
      {"analysis/test_1000_of_one_process", "us", "the first 100", 1.5},
      [] { return SecondsPerTest(1'000) * 1e6; }, [] { return SecondsPerTest(100) * 1e6; });
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
  ManyTests(table);
  Deadlocks(table);
  Memory(table);
  Growth(table);
}

}  // namespace gordian::bench
