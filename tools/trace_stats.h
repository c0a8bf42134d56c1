// What a trace says about the program's shape: counts, waiting, how many tasks ran at once.
//
//   TraceStats stats;
//   stats.Take(event);          // every event, in order
//   stats.Parallelism();        // afterwards
//
// A task runs from the start of a stretch to its end, except between a request and what ends
// it. Times are the trace's own clock readings, taken where tasks switch or wait, so that
// the parallelism is exact for waits and approximate between them.
// Locking   none. Cost: a table look-up per event; 16 bytes per stretch or wait.
#ifndef GORDIAN_TOOLS_TRACE_STATS_H_
#define GORDIAN_TOOLS_TRACE_STATS_H_

#include <array>
#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "detector/model/model.h"
#include "instrument/trace/event.h"

namespace gordian::tools {

class TraceStats {
 public:
  struct Waits {
    trace::ObjectId object = 0;
    std::uint64_t uses = 0;   // acquisitions, sends, receives, …
    std::uint64_t waits = 0;  // tasks that had to wait, also those that still do
    std::uint64_t total_ns = 0;
    std::uint64_t longest_ns = 0;
  };

  // How long how many tasks ran at once.
  struct Parallelism {
    std::uint64_t begin_ns = 0, end_ns = 0;
    std::vector<std::uint64_t> at_once_ns;  // by number of running tasks
    std::vector<double> timeline;           // average number, in equal slices of the time

    std::uint64_t busy_ns() const;  // at least one task ran
    double average() const;         // running tasks while at least one ran
    double serial_share() const;    // of the busy time, one task alone
    double amdahl_bound() const;    // speed-up with any number of processors
  };

  void Take(const trace::Event& event);

  const detector::Model& model() const { return model_; }
  std::uint64_t Count(trace::EventType type) const {
    return counts_[static_cast<std::size_t>(type)];
  }
  // Objects that somebody waited for, the longest waiting time first.
  std::vector<Waits> Contention() const;
  // Closes what still runs; call it last.
  Parallelism MeasureParallelism(std::size_t slices);

 private:
  struct Stretch {
    std::uint64_t begin_ns, end_ns;
  };

  void NoteWait(const trace::Event& event);
  void NoteRunning(trace::TaskId task, std::uint64_t now);

  detector::Model model_;
  std::array<std::uint64_t, trace::kEventTypes> counts_{};
  absl::flat_hash_map<trace::ObjectId, Waits> waits_;
  absl::flat_hash_map<trace::StreamId, trace::TaskId> on_stream_;  // who runs there
  absl::flat_hash_map<trace::TaskId, std::uint64_t> running_since_;
  std::vector<Stretch> stretches_;
};

}  // namespace gordian::tools

#endif  // GORDIAN_TOOLS_TRACE_STATS_H_
