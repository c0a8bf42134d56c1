// Names to small numbers, in order of first use, from 1.
//
// Cost: one hash and one look-up for a known name, without allocation; the names are kept.
// Names of up to seven bytes, which most are, are compared as one number.
#ifndef GORDIAN_DETECTOR_READER_NAME_TABLE_H_
#define GORDIAN_DETECTOR_READER_NAME_TABLE_H_

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"

namespace gordian::detector {

class NameTable {
 public:
  // The number of `name`; 0 where it is not known.
  std::uint32_t Find(std::string_view name) const {
    return name.size() <= kShort ? NumberIn(short_, Pack(name)) : NumberIn(long_, name);
  }

  // Gives an unknown name its number.
  std::uint32_t Add(std::string_view name) {
    const auto number = static_cast<std::uint32_t>(names_.size() + 1);
    const std::string& kept = names_.emplace_back(name);
    if (name.size() <= kShort) {
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

  // A short name and its length as one number.
  static std::uint64_t Pack(std::string_view name) {
    std::uint64_t packed = name.size();
    for (const char c : name) packed = packed << 8 | static_cast<unsigned char>(c);
    return packed;
  }

  absl::flat_hash_map<std::uint64_t, std::uint32_t> short_;
  absl::flat_hash_map<std::string_view, std::uint32_t> long_;  // into `names_`
  std::deque<std::string> names_;                              // never move
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_READER_NAME_TABLE_H_
