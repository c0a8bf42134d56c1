// Analyses a trace while it is being written, and afterwards.
//
// It reads behind the writer, never further than it is told, so that memory stays bounded
// however fast the program records, and the analysis sees exactly what
// `gordian analyze` would see.
//
// Locking   none: one thread at a time.
#ifndef GORDIAN_TOOLS_RUN_FOLLOWER_H_
#define GORDIAN_TOOLS_RUN_FOLLOWER_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "detector/pipeline/pipeline.h"
#include "instrument/trace/file_reader.h"

namespace gordian::tools {

class Follower {
 public:
  Follower(std::string path, const detector::Limits& limits)
      : path_(std::move(path)), pipeline_(limits) {}

  // Feeds the frames in front of byte `end` of the file, which are all whole, or those that it
  // gets to before `stop` is set. Stops at the first error, and stays there.
  absl::Status ReadUpTo(std::uint64_t end, const std::atomic<bool>& stop);

  detector::Pipeline& pipeline() { return pipeline_; }
  bool has_error() const { return !status_.ok(); }
  // Up to here the file has been read.
  std::uint64_t offset() const { return reader_ == nullptr ? 0 : reader_->offset(); }

 private:
  absl::Status Read(std::uint64_t end, const std::atomic<bool>& stop);

  const std::string path_;
  absl::Status status_;
  std::unique_ptr<trace::FileReader> reader_;
  detector::Pipeline pipeline_;
};

}  // namespace gordian::tools

#endif  // GORDIAN_TOOLS_RUN_FOLLOWER_H_
