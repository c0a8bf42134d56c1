// A table by dense id, in pages: references stay valid, and an absurd id costs a page.
//
// Entries that are over may be forgotten; a page of such entries is given back.
//
// Ids up to kMaxId are kept; At() of a larger one (a damaged trace) is nullptr.
#ifndef GORDIAN_DETECTOR_MODEL_PAGED_TABLE_H_
#define GORDIAN_DETECTOR_MODEL_PAGED_TABLE_H_

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace gordian::detector {

template <typename T>
class PagedTable {
 public:
  static constexpr std::uint32_t kMaxId = (1u << 26) - 1;

  // The entry, or nullptr where there is none.
  const T* Find(std::uint32_t id) const {
    const std::size_t page = id / kPage;
    if (page >= pages_.size() || pages_[page] == nullptr) return nullptr;
    return &pages_[page]->entries[id % kPage];
  }

  // The entry, made where there is none; nullptr for an id that no recorder gives.
  T* At(std::uint32_t id) {
    const std::size_t page = id / kPage;
    if (page >= pages_.size() || pages_[page] == nullptr) [[unlikely]] {
      if (id > kMaxId) return nullptr;
      MakePage(page);
    }
    if (id > last_) last_ = id;
    return &pages_[page]->entries[id % kPage];
  }

  // The entry is over, or will never be made: it is empty from now on, and so it may be made again
  // at any time. References to it and to those forgotten before are no longer valid.
  void Forget(std::uint32_t id) {
    const std::size_t page = id / kPage;
    if (id > kMaxId) return;
    if (page >= forgotten_.size()) forgotten_.resize(page + 1);
    forgotten_[page] |= static_cast<std::uint16_t>(1u << (id % kPage));
    const bool is_over = forgotten_[page] == (1u << kPage) - 1;
    if (is_over) forgotten_[page] = 0;
    if (page >= pages_.size() || pages_[page] == nullptr) return;
    if (is_over) {
      pages_[page].reset();
    } else {
      pages_[page]->entries[id % kPage] = T();
    }
  }

  std::uint32_t last() const { return last_; }  // the largest id that At() made

 private:
  static constexpr std::size_t kPage = 16;
  struct Page {
    std::array<T, kPage> entries;
  };

  [[gnu::noinline]] void MakePage(std::size_t page) {
    if (page >= pages_.size()) pages_.resize(page + 1);
    pages_[page] = std::make_unique<Page>();
  }

  std::vector<std::unique_ptr<Page>> pages_;
  std::vector<std::uint16_t> forgotten_;  // by page, whether it is there or not; bit n: entry n is
  std::uint32_t last_ = 0;
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_MODEL_PAGED_TABLE_H_
