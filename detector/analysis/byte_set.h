// Parts of the address space, as few intervals as they make.
//
// Locking   none.
// Cost      logarithmic in the intervals; nothing while there are none.
#ifndef GORDIAN_DETECTOR_ANALYSIS_BYTE_SET_H_
#define GORDIAN_DETECTOR_ANALYSIS_BYTE_SET_H_

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>

namespace gordian::detector {

class ByteSet {
 public:
  void Add(std::uint64_t begin, std::uint64_t bytes) {
    std::uint64_t end = begin + bytes;
    auto at = ends_.upper_bound(begin);
    if (at != ends_.begin() && std::prev(at)->second >= begin) --at;
    while (at != ends_.end() && at->first <= end) {
      begin = std::min(begin, at->first);
      end = std::max(end, at->second);
      at = ends_.erase(at);
    }
    ends_.emplace(begin, end);
  }

  void Remove(std::uint64_t begin, std::uint64_t bytes) {
    if (ends_.empty()) return;
    const std::uint64_t end = begin + bytes;
    auto at = ends_.upper_bound(begin);
    if (at != ends_.begin()) --at;
    while (at != ends_.end() && at->first < end) {
      const auto [first, last] = *at;
      if (last <= begin) {
        ++at;
        continue;
      }
      at = ends_.erase(at);
      if (first < begin) ends_.emplace(first, begin);
      if (last > end) ends_.emplace(end, last);
    }
  }

  bool Has(std::uint64_t address) const {
    const auto at = ends_.upper_bound(address);
    return at != ends_.begin() && std::prev(at)->second > address;
  }

 private:
  std::map<std::uint64_t, std::uint64_t> ends_;  // by where they begin
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_ANALYSIS_BYTE_SET_H_
