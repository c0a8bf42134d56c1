// What the compiler pass and the runtime agree on: the filter, and the names of the hooks.
//
// The filter remembers what a thread has accessed since its last release: a further access to the
// same bytes is stood for by the recorded one (sound for happens-before: whoever is ordered behind
// the first is ordered behind the second as well). Each thread has one; the instrumented code
// looks into it and calls a hook on a miss only.
//
//   entry of an access = address | log2(bytes) << 47 | epoch << 50 | is write << 63
//   place of an entry  = address / bytes modulo kFilterEntries
//
// A release moves the epoch on, which empties the filter. A write stands for a read.
#ifndef GORDIAN_INSTRUMENT_HOOKS_HOOKS_H_
#define GORDIAN_INSTRUMENT_HOOKS_HOOKS_H_

#include <cstddef>
#include <cstdint>

namespace gordian::hooks {

inline constexpr std::size_t kFilterEntries = 1024;
inline constexpr unsigned kSizeShift = 47;
inline constexpr unsigned kEpochShift = 50;
inline constexpr std::uint64_t kWriteBit = std::uint64_t{1} << 63;

// The thread-local variable `gordian_filter`.
struct Filter {
  std::uint64_t epoch = 0;  // in its place in an entry
  std::uint64_t entries[kFilterEntries] = {};
};

inline constexpr char kFilter[] = "gordian_filter";

// void(address); followed by the number of bytes: 1, 2, 4, 8, 16. Called on a miss.
inline constexpr char kRead[] = "gordian_read";
inline constexpr char kWrite[] = "gordian_write";
// void(address, bytes, stride, count): `count` accesses of `bytes` each, `stride` apart.
inline constexpr char kReadRange[] = "gordian_read_range";
inline constexpr char kWriteRange[] = "gordian_write_range";
// void(): the program has instrumented code.
inline constexpr char kInit[] = "gordian_init";

// Atomics, virtual tables and mem* go by ThreadSanitizer's hooks: __tsan_atomic32_load, …
inline constexpr char kSanitizerPrefix[] = "__tsan_";

}  // namespace gordian::hooks

#endif  // GORDIAN_INSTRUMENT_HOOKS_HOOKS_H_
