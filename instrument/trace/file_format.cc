#include "instrument/trace/file_format.h"

// The state's layout, to keep it on the stack.
#define XXH_STATIC_LINKING_ONLY
#include <xxhash.h>

namespace gordian::trace {

std::uint64_t ChecksumOf(const FileHeader& header) {
  return XXH64(&header, offsetof(FileHeader, checksum), 0);
}

std::uint64_t ChecksumOf(const FrameHeader& header, std::span<const std::byte> payload) {
  XXH64_state_t state;
  XXH64_reset(&state, 0);
  XXH64_update(&state, &header, offsetof(FrameHeader, checksum));
  if (!payload.empty()) XXH64_update(&state, payload.data(), payload.size());
  return XXH64_digest(&state);
}

}  // namespace gordian::trace
