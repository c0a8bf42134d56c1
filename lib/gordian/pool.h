// A pool of things that are costly to make: Go's sync.Pool.
//
//   gordian::Pool<std::unique_ptr<Buffer>> buffers([] { return std::make_unique<Buffer>(); });
//   std::unique_ptr<Buffer> buffer = buffers.Get();
//   …
//   buffers.Put(std::move(buffer));
//
// Get returns something that was Put, or what the maker makes: never rely on which.
//
// Locking   a spin lock for a few pointers; the maker and T's moves run outside.
// Cost      no allocation once the pool has held as many things as it holds now.
// Happens-before  a Put → the Get that took that very thing.
#ifndef GORDIAN_POOL_H_
#define GORDIAN_POOL_H_

#include <functional>
#include <memory>
#include <optional>
#include <source_location>
#include <string_view>
#include <utility>

#include "gordian/internal/pool_core.h"
#include "instrument/recorder/guest.h"
#include "instrument/schedule/point.h"

namespace gordian {

template <typename T>
class Pool {
 public:
  // An empty pool gives a T made by `maker`.
  explicit Pool(std::function<T()> maker, std::string_view name = {},
                std::source_location made_at = std::source_location::current())
      : core_(name, made_at), maker_(std::move(maker)) {}
  // An empty pool gives T(), for pointers nullptr.
  explicit Pool(std::source_location made_at = std::source_location::current())
    requires std::is_default_constructible_v<T>
      : core_({}, made_at), maker_([] { return T(); }) {}
  ~Pool() {
    while (internal::PoolItem* item = core_.Take(0)) delete static_cast<Item*>(item);
    while (internal::PoolItem* item = core_.TakeSpare()) delete static_cast<Item*>(item);
  }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  T Get(std::source_location where = std::source_location::current()) {
    schedule::Point(schedule::Op::kPool, this);
    auto* item = static_cast<Item*>(core_.TakeChosen(where));
    if (item == nullptr) return maker_();
    const Returner returner{core_, item};
    const recorder::UnseenAccesses unseen;
    return *std::move(item->value);
  }

  void Put(T value, std::source_location where = std::source_location::current()) {
    schedule::Point(schedule::Op::kPool, this);
    auto* item = static_cast<Item*>(core_.TakeSpare());
    if (item == nullptr) item = new Item;
    {
      const recorder::UnseenAccesses unseen;
      item->value.emplace(std::move(value));
    }
    core_.Add(*item, where);
  }

  void SetName(std::string_view name) { core_.SetName(name); }

 private:
  struct Item : internal::PoolItem {
    std::optional<T> value;
  };
  // Empties an item, and keeps it for the next Put.
  struct Returner {
    internal::PoolCore& core;
    Item* item;
    ~Returner() {
      const recorder::UnseenAccesses unseen;
      item->value.reset();
      core.Spare(*item);
    }
  };

  internal::PoolCore core_;
  const std::function<T()> maker_;
};

}  // namespace gordian

#endif  // GORDIAN_POOL_H_
