#include "tools/stream_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "absl/strings/str_cat.h"

namespace gordian::tools {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{1} << 20;

std::string PathOf(int descriptor) { return absl::StrCat("/proc/self/fd/", descriptor); }

absl::Status Copy(int from, int to) {
  std::vector<char> block(kBlockBytes);
  for (;;) {
    const ssize_t got = read(from, block.data(), block.size());
    if (got == 0) return absl::OkStatus();
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      return absl::DataLossError(absl::StrCat("cannot read the trace: ", std::strerror(errno)));
    }
    for (ssize_t done = 0; done < got;) {
      const ssize_t put = write(to, block.data() + done, static_cast<std::size_t>(got - done));
      if (put < 0 && errno != EINTR) {
        return absl::UnavailableError(
            absl::StrCat("cannot keep what comes through the pipe: ", std::strerror(errno)));
      }
      done += std::max<ssize_t>(put, 0);
    }
  }
}

}  // namespace

absl::StatusOr<std::string> FileFromStream(int descriptor) {
  struct stat status{};
  if (fstat(descriptor, &status) != 0) {
    return absl::NotFoundError(absl::StrCat("cannot read the trace: ", std::strerror(errno)));
  }
  if (S_ISREG(status.st_mode)) return PathOf(descriptor);
  const char* folder = getenv("TMPDIR");
  std::string name = absl::StrCat(folder == nullptr ? "/tmp" : folder, "/gordian.XXXXXX");
  const int copy = mkostemp(name.data(), O_CLOEXEC);
  if (copy < 0) {
    return absl::UnavailableError(absl::StrCat("cannot make ", name, ": ", std::strerror(errno)));
  }
  unlink(name.c_str());
  if (absl::Status copied = Copy(descriptor, copy); !copied.ok()) return copied;
  return PathOf(copy);
}

}  // namespace gordian::tools
