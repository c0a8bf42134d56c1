// Any bytes as a *.gtrace file: read, ordered, verified.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "detector/reader/trace_source.h"
#include "detector/reader/verifier.h"

using gordian::detector::OpenTrace;
using gordian::detector::TraceFormat;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const int file = ::memfd_create("trace", MFD_CLOEXEC);
  if (file < 0 || ::write(file, data, size) != static_cast<ssize_t>(size)) std::abort();
  auto source = OpenTrace("/proc/self/fd/" + std::to_string(file), TraceFormat::kGtrace);
  if (source.ok()) {
    gordian::detector::Verifier verifier;
    const auto trace =
        ReadInOrder(**source, [&](const gordian::trace::Event& event) { verifier.Take(event); });
    verifier.Finish(trace.complete);
  }
  ::close(file);
  return 0;
}
