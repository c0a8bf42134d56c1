// What a Pool keeps: a stack of items, and a stack of spare ones without a value.
//
// Each stay of a thing in the pool is an object of its own in the trace, released by its Put and
// acquired by its Get: things that pass through one pool are not ordered among each other.
//
// Locking   `lock_` for both stacks.
#ifndef GORDIAN_LIB_INTERNAL_POOL_CORE_H_
#define GORDIAN_LIB_INTERNAL_POOL_CORE_H_

#include <cstdint>
#include <source_location>
#include <string_view>

#include "gordian/internal/call_site.h"
#include "gordian/internal/task.h"
#include "instrument/recorder/recorder.h"

namespace gordian::internal {

struct PoolItem {
  PoolItem* next = nullptr;
  recorder::Tracked tracked;
};

class PoolCore {
 public:
  PoolCore(std::string_view name, const std::source_location& made_at);

  void Add(PoolItem& item, const CallSite& where);
  // The item that the scheduling policy chooses, or nullptr.
  PoolItem* TakeChosen(const CallSite& where);
  PoolItem* Take(std::uint32_t position);

  void Spare(PoolItem& item);
  PoolItem* TakeSpare();

  void SetName(std::string_view name);

 private:
  SpinLock lock_;
  PoolItem* items_ = nullptr;
  std::uint32_t count_ = 0;
  PoolItem* spares_ = nullptr;
  const std::source_location made_at_;
  const char* name_;
};

}  // namespace gordian::internal

#endif  // GORDIAN_LIB_INTERNAL_POOL_CORE_H_
