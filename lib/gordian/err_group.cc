#include "gordian/err_group.h"

#include "gordian/internal/scheduler.h"
#include "gordian/panic.h"

namespace gordian {

ErrGroup::ErrGroup(std::string_view name, std::source_location at)
    : ErrGroup(name, CancelCauseFunc(), at) {}

ErrGroup::ErrGroup(std::string_view name, CancelCauseFunc cancel, std::source_location at)
    : running_(name, at), failed_(at), cancel_(std::move(cancel)), name_(name) {}

ErrGroup::InContext ErrGroup::WithContext(const Context& parent, std::string_view name,
                                          std::source_location at) {
  auto [context, cancel] = WithCancelCause(parent, name, at);
  return {ErrGroup(name, std::move(cancel), at), std::move(context)};
}

void ErrGroup::SetName(std::string_view name) {
  name_ = name;
  running_.SetName(name);
  if (room_ != nullptr) room_->SetName(name);
}

void ErrGroup::SetLimit(int n, std::source_location at) {
  if (active_.load(std::memory_order_relaxed) != 0)
    throw Panic("ErrGroup::SetLimit while its goroutines run", at);
  room_ = n < 0 ? nullptr : std::make_unique<Semaphore>(n, name_, at);
}

void ErrGroup::Finish(absl::Status status, const std::source_location& at) {
  if (!status.ok()) {
    failed_.Do(
        [&] {
          first_ = std::move(status);
          cancel_(first_, at);
        },
        at);
  }
  if (room_ != nullptr) room_->Release(1, at);
  active_.fetch_sub(1, std::memory_order_relaxed);
  running_.Done(at);
}

void ErrGroup::Start(std::string_view name, Part part) {
  running_.Add(1, part.location);
  active_.fetch_add(1, std::memory_order_relaxed);
  internal::Spawn(
      [this, body = std::move(part.body), at = part.location]() mutable { Finish(body(), at); },
      name, part.location);
}

void ErrGroup::Go(std::string_view name, Part part) {
  if (room_ != nullptr) room_->Acquire(Background(), 1, part.location).IgnoreError();
  Start(name, std::move(part));
}

void ErrGroup::Go(Part part) { Go({}, std::move(part)); }

bool ErrGroup::TryGo(std::string_view name, Part part) {
  if (room_ != nullptr && !room_->TryAcquire(1, part.location)) return false;
  Start(name, std::move(part));
  return true;
}

bool ErrGroup::TryGo(Part part) { return TryGo({}, std::move(part)); }

absl::Status ErrGroup::Wait(std::source_location at) {
  running_.Wait(at);
  cancel_(first_, at);
  return first_;
}

}  // namespace gordian
