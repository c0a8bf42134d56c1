#include "tools/run/follower.h"

#include "absl/strings/str_cat.h"

namespace gordian::tools {

absl::Status Follower::ReadUpTo(std::uint64_t end, const std::atomic<bool>& stop) {
  if (status_.ok()) status_ = Read(end, stop);
  return status_;
}

absl::Status Follower::Read(std::uint64_t end, const std::atomic<bool>& stop) {
  if (reader_ == nullptr) {
    auto reader = std::make_unique<trace::FileReader>();
    const trace::FileStatus opened = reader->Open(path_);
    if (!opened.ok()) return absl::DataLossError(opened.message);
    reader_ = std::move(reader);
  }
  while (reader_->offset() < end && !stop.load(std::memory_order_relaxed)) {
    trace::Frame frame;
    trace::FileStatus problem;
    switch (reader_->Next(frame, problem)) {
      case trace::FileReader::kFrame:
        if (absl::Status fed = pipeline_.Feed(frame.stream, frame.words); !fed.ok()) return fed;
        break;
      case trace::FileReader::kProblem:
        return absl::DataLossError(problem.message);
      case trace::FileReader::kEnd:
        return absl::OkStatus();
    }
  }
  return absl::OkStatus();
}

}  // namespace gordian::tools
