// A few lines of source around a place.
//
// Only regular files of a sensible size are read, since the path comes from a trace; what
// cannot be read is left out without a word.
#ifndef GORDIAN_DETECTOR_REPORT_SNIPPET_H_
#define GORDIAN_DETECTOR_REPORT_SNIPPET_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"

namespace gordian::detector {

struct SourceLine {
  std::uint32_t number = 0;
  std::string text;  // tabs expanded, printable
};

class SourceFiles {
 public:
  // The lines `first` to `last`, as far as the file has them; empty where it cannot be read.
  std::vector<SourceLine> Lines(const std::string& path, std::uint32_t first, std::uint32_t last);

 private:
  const std::vector<std::string>& Load(const std::string& path);
  absl::flat_hash_map<std::string, std::vector<std::string>> files_;
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_REPORT_SNIPPET_H_
