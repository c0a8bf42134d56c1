#include "gordian/internal/origin.h"

#include <mutex>
#include <string>
#include <unordered_set>

#include "gordian/internal/forked.h"
#include "gordian/internal/record.h"

namespace gordian::internal {

namespace {

struct Names {
  std::mutex mutex;
  std::unordered_set<std::string> kept;
};

Names& TheNames() {
  static auto* names = new Names;
  return *names;
}

}  // namespace

void LockNames() {
  const recorder::Unseen unseen;
  TheNames().mutex.lock();
}
void UnlockNames() {
  const recorder::Unseen unseen;
  TheNames().mutex.unlock();
}

const char* KeepName(std::string_view name) {
  if (name.empty()) return nullptr;
  const recorder::Unseen unseen;
  Names& names = TheNames();
  std::lock_guard lock(names.mutex);
  return names.kept.emplace(name).first->c_str();
}

void Origin::Enter(recorder::ThreadLog& log, trace::ObjectKind kind, std::uint64_t detail) {
  recorder::Register(tracked_, kind, detail, log.Site(made_at_));
  if (name_ == nullptr) return;
  recorder::LocalText(log, trace::EventType::kObjectName,
                      tracked_.id.load(std::memory_order_relaxed), 0, name_);
}

void Origin::Leave() {
  if (Recording() != nullptr) recorder::Unregister(tracked_, 0);
}

void Origin::SetName(std::string_view name) {
  name_ = KeepName(name);
  recorder::ThreadLog* log = Recording();
  if (log == nullptr || name_ == nullptr || !IsRegistered()) return;
  recorder::LocalText(*log, trace::EventType::kObjectName,
                      tracked_.id.load(std::memory_order_relaxed), 0, name_);
}

}  // namespace gordian::internal
