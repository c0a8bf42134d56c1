// What comes through a pipe, as a file: reading a trace may take more than one pass.
#ifndef GORDIAN_TOOLS_STREAM_FILE_H_
#define GORDIAN_TOOLS_STREAM_FILE_H_

#include <string>

#include "absl/status/statusor.h"

namespace gordian::tools {

// A path under which the bytes of `descriptor` can be read, from the first on and any number of
// times, until this process ends. A stream is copied to a file in TMPDIR that has no name.
absl::StatusOr<std::string> FileFromStream(int descriptor);

}  // namespace gordian::tools

#endif  // GORDIAN_TOOLS_STREAM_FILE_H_
