// Runs a shape's program through the real command and reads the report.
//
// Cost   about a second where the program hangs, a third of one where it does not.
#ifndef GORDIAN_TESTS_SHAPES_RUN_H_
#define GORDIAN_TESTS_SHAPES_RUN_H_

#include <string>
#include <vector>

namespace shapes {

struct Found {
  std::string rule;
  std::string verdict;

  std::string Text() const { return rule + "=" + verdict; }
};

struct Outcome {
  int exit_status = -1;
  std::string report;       // the JSON document, empty where there is none
  std::string diagnostics;  // what program and command wrote to stderr
  bool is_json = false;
  bool complete = false;        // nothing was lost from the trace
  std::vector<Found> findings;  // measures (`info`) are left out
};

// `gordian run --format=json -- shapes SHAPE MODE`
Outcome RunShape(int shape, const std::string& mode);

}  // namespace shapes

#endif  // GORDIAN_TESTS_SHAPES_RUN_H_
