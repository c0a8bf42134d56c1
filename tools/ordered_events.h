// A trace's events in one legal order, for subcommands that look at single events.
#ifndef GORDIAN_TOOLS_ORDERED_EVENTS_H_
#define GORDIAN_TOOLS_ORDERED_EVENTS_H_

#include <functional>
#include <string>
#include <vector>

#include "detector/reader/reader.h"
#include "tools/trace_input.h"

namespace gordian::tools {

class OrderedEvents final : public TraceSink {
 public:
  using Callback = std::function<void(const trace::Event&)>;

  explicit OrderedEvents(Callback take) : take_(std::move(take)) {}

  // Reads the whole trace; every event goes to the callback. What is missing, also of single
  // versions, is among the gaps.
  absl::StatusOr<TraceRead> Read(const std::string& path, TraceForm form);

 private:
  absl::Status Words(trace::StreamId stream, std::span<const std::uint64_t> words) override;
  void Gap(trace::StreamId stream) override { reader_.Gap(stream); }
  void Take(const trace::Event& event) override { take_(event); }

  Callback take_;
  detector::Reader reader_;
};

}  // namespace gordian::tools

#endif  // GORDIAN_TOOLS_ORDERED_EVENTS_H_
