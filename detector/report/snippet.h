// A few lines of source around a place.
//
// Only regular files of a sensible size are read, since the path comes from a trace; what
// cannot be read is left out without a word. A relative path, as compilers leave it, is
// looked for from here and from the folders above the program.
#ifndef GORDIAN_DETECTOR_REPORT_SNIPPET_H_
#define GORDIAN_DETECTOR_REPORT_SNIPPET_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"

namespace gordian::detector {

struct SourceLine {
  std::uint32_t number = 0;
  std::string text;  // tabs expanded, printable
};

class SourceFiles {
 public:
  // `program` is the path of the program's file, or "".
  explicit SourceFiles(std::string program = "") : program_(std::move(program)) {}

  // The lines `first` to `last`, as far as the file has them; empty where it cannot be read.
  std::vector<SourceLine> Lines(const std::string& path, std::uint32_t first, std::uint32_t last);

 private:
  const std::vector<std::string>& Load(const std::string& path);
  std::string Find(const std::string& path) const;

  std::string program_;
  absl::flat_hash_map<std::string, std::vector<std::string>> files_;
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_REPORT_SNIPPET_H_
