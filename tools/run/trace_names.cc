#include "tools/run/trace_names.h"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "absl/status/status.h"

namespace gordian::tools {

absl::StatusOr<TraceNames> TraceNames::Make(std::string file) {
  TraceNames names;
  names.file_ = std::move(file);
  if (!names.file_.empty()) return names;
  std::error_code error;
  std::string folder = std::filesystem::temp_directory_path(error) / "gordian-XXXXXX";
  if (error || mkdtemp(folder.data()) == nullptr) {
    return absl::ErrnoToStatus(error ? error.value() : errno,
                               "cannot make a temporary folder for the traces");
  }
  names.folder_ = folder;
  names.file_ = folder + "/run.gtrace";
  return names;
}

TraceNames::TraceNames(TraceNames&& other) noexcept
    : file_(std::move(other.file_)),
      folder_(std::exchange(other.folder_, "")),
      given_(std::move(other.given_)) {}

TraceNames::~TraceNames() {
  std::error_code ignored;
  if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
}

std::string TraceNames::Next(pid_t pid) {
  if (given_.insert(file_).second) return file_;
  const std::filesystem::path path(file_);
  // A process that execs keeps its id, and starts another trace.
  for (int round = 1;; ++round) {
    const std::string number =
        std::to_string(pid) + (round == 1 ? "" : "-" + std::to_string(round));
    std::filesystem::path name = path;
    name.replace_extension(number + path.extension().string());
    if (given_.insert(name).second) return name;
  }
}

}  // namespace gordian::tools
