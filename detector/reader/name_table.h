// Names to small numbers, in order of first use, from 1.
//
// Cost: one hash and one look-up for a known name, without allocation; the names are kept.
// Names of up to seven bytes, which most are, are compared as one number, and those that were
// asked for lately need no look-up.
#ifndef GORDIAN_DETECTOR_READER_NAME_TABLE_H_
#define GORDIAN_DETECTOR_READER_NAME_TABLE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"

namespace gordian::detector {

class NameTable {
 public:
  // The number of `name`; 0 where it is not known.
  std::uint32_t Find(std::string_view name) const {
    if (name.empty() || name.size() > kShort) return NumberIn(long_, name);
    return FindPacked(Pack(name));
  }

  // The same for a name of one to seven bytes in a longer text: eight can be read.
  std::uint32_t FindWithin(std::string_view name) const {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, name.data(), sizeof bytes);
    const std::uint64_t mask = (std::uint64_t{1} << (8 * name.size())) - 1;
    return FindPacked((name.size() << (8 * kShort)) | (bytes & mask));
  }

  // Gives an unknown name its number.
  std::uint32_t Add(std::string_view name) {
    const auto number = static_cast<std::uint32_t>(names_.size() + 1);
    const std::string& kept = names_.emplace_back(name);
    if (!name.empty() && name.size() <= kShort) {
      short_.emplace(Pack(name), number);
    } else {
      long_.emplace(kept, number);
    }
    return number;
  }

  const std::string& Name(std::uint32_t number) const { return names_[number - 1]; }
  std::uint32_t size() const { return static_cast<std::uint32_t>(names_.size()); }

 private:
  static constexpr std::size_t kShort = 7;

  template <typename Map, typename Key>
  static std::uint32_t NumberIn(const Map& map, const Key& key) {
    const auto found = map.find(key);
    return found == map.end() ? 0 : found->second;
  }

  std::uint32_t FindPacked(std::uint64_t packed) const {
    Recent& recent = recent_[(packed * 0x9E3779B97F4A7C15u) >> (64 - kRecentBits)];
    if (recent.packed == packed) [[likely]]
      return recent.number;
    const std::uint32_t number = NumberIn(short_, packed);
    if (number != 0) recent = {packed, number};
    return number;
  }

  // A name of one to seven bytes, and its length, as one number.
  static std::uint64_t Pack(std::string_view name) {
    const std::size_t n = name.size();
    const auto byte = [&](std::size_t i) {
      return std::uint64_t{static_cast<unsigned char>(name[i])} << (8 * i);
    };
    std::uint64_t packed = n << (8 * kShort);
    if (n < 4) return packed | byte(0) | byte(n / 2) | byte(n - 1);
    std::uint32_t first = 0, last = 0;
    std::memcpy(&first, name.data(), sizeof first);
    std::memcpy(&last, name.data() + n - sizeof last, sizeof last);
    return packed | first | std::uint64_t{last} << (8 * (n - sizeof last));
  }

  static constexpr int kRecentBits = 10;
  struct Recent {
    std::uint64_t packed = 0;
    std::uint32_t number = 0;
  };

  mutable std::array<Recent, std::size_t{1} << kRecentBits> recent_{};
  absl::flat_hash_map<std::uint64_t, std::uint32_t> short_;
  absl::flat_hash_map<std::string_view, std::uint32_t> long_;  // into `names_`
  std::deque<std::string> names_;                              // never move
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_READER_NAME_TABLE_H_
