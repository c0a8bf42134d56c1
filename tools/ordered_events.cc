#include "tools/ordered_events.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace gordian::tools {

absl::Status OrderedEvents::Words(trace::StreamId stream, std::span<const std::uint64_t> words) {
  reader_.Feed(stream, words);
  return reader_.Drain(take_);
}

absl::StatusOr<TraceRead> OrderedEvents::Read(const std::string& path, TraceForm form) {
  absl::StatusOr<TraceRead> read = ReadTrace(path, form, *this);
  if (!read.ok()) return read;
  if (absl::Status status = reader_.Finish(take_); !status.ok()) {
    read->gaps.emplace_back(std::string(status.message()));
  }
  for (const detector::Reader::Missing& missing : reader_.missing()) {
    read->gaps.push_back(
        missing.from == missing.to
            ? absl::StrCat("version ", missing.from, " of object ", missing.object, " is missing")
            : absl::StrCat("versions ", missing.from, " to ", missing.to, " of object ",
                           missing.object, " are missing"));
  }
  return read;
}

}  // namespace gordian::tools
