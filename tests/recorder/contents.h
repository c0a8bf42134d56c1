// What a trace file holds, as far as it can be told without ordering it.
#ifndef GORDIAN_TESTS_RECORDER_CONTENTS_H_
#define GORDIAN_TESTS_RECORDER_CONTENTS_H_

#include <cstdint>
#include <map>
#include <string>

#include "instrument/trace/decoder.h"
#include "instrument/trace/file_reader.h"

namespace gordian::recorder {

struct Contents {
  std::map<trace::EventType, std::uint64_t> counts;
  std::string problem;  // the first
  bool complete = false;
};

inline Contents ReadTrace(const std::string& path) {
  Contents contents;
  trace::FileReader reader;
  contents.problem = reader.Open(path).message;
  while (contents.problem.empty()) {
    trace::Frame frame;
    trace::FileStatus problem;
    const auto result = reader.Next(frame, problem);
    if (result == trace::FileReader::kEnd) break;
    if (result == trace::FileReader::kProblem) contents.problem = problem.message;
    const std::uint64_t* at = frame.words.data();
    const std::uint64_t* const end = at + frame.words.size();
    while (at != end && contents.problem.empty()) {
      trace::Event event;
      const trace::Decoded record = trace::Decode(at, end, event);
      if (record.error != trace::RecordError::kNone) contents.problem = Describe(record.error);
      at += record.words;
      ++contents.counts[event.type];
    }
  }
  contents.complete = reader.complete();
  return contents;
}

}  // namespace gordian::recorder

#endif  // GORDIAN_TESTS_RECORDER_CONTENTS_H_
