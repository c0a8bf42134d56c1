#include "instrument/schedule/controller.h"

#include <limits>
#include <utility>

namespace gordian::schedule {

Controller::Controller(std::unique_ptr<Policy> policy, Host* host)
    : policy_(std::move(policy)), host_(host) {}

void Controller::Resume(std::int64_t now, Controlled* holder) {
  now_.store(now, std::memory_order_release);
  if (holder == nullptr) return;
  holder->ordinal = last_ = ++created_;
  holder_ = holder;
}

Controlled* Controller::PickLocked() {
  holder_ = nullptr;
  if (runnable_.empty() || host_->NextDeadline() <= Now()) return nullptr;
  holder_ = policy_->Next(runnable_, last_);
  runnable_.erase(holder_);
  last_ = holder_->ordinal;
  return holder_;
}

void Controller::Pass(Controlled* next) {
  if (next != nullptr) {
    host_->Grant(*next);
  } else {
    host_->WakeClock();
  }
}

void Controller::Keep(Controlled& self) {
  std::lock_guard lock(mutex_);
  keeper_ = &self;
}

void Controller::Point(Op op, const void* object) {
  Controlled* self = host_->Current();
  if (self == nullptr) return;
  std::unique_lock lock(mutex_);
  if (holder_ != self) return;  // a thread that has not come under control yet
  if (keeper_ == self && op != Op::kYield) return;
  self->op = op;
  self->object = object;
  now_.store(Now() + kPointNs, std::memory_order_release);
  runnable_.insert(self);
  Controlled* next = PickLocked();
  lock.unlock();
  if (next == self) return;
  Pass(next);
  host_->Await(*self);
}

std::uint32_t Controller::Choose(Choice choice, std::uint32_t n) {
  std::lock_guard lock(mutex_);
  return policy_->Choose(choice, n);
}

void Controller::Add(Controlled& task) {
  std::unique_lock lock(mutex_);
  if (task.ordinal == 0) task.ordinal = ++created_;
  runnable_.insert(&task);
  const bool clock = holder_ == nullptr;
  lock.unlock();
  if (clock) host_->WakeClock();
}

bool Controller::Rejoin(Controlled& self) {
  {
    const std::lock_guard lock(mutex_);
    if (holder_ == &self) return false;
  }
  Add(self);
  return true;
}

void Controller::Leave(Controlled& self) {
  std::unique_lock lock(mutex_);
  if (holder_ != &self) return;
  Controlled* next = PickLocked();
  lock.unlock();
  Pass(next);
}

void Controller::Release(Controlled& self) {
  std::unique_lock lock(mutex_);
  runnable_.insert(&self);
  Controlled* next = PickLocked();
  lock.unlock();
  Pass(next);
}

void Controller::ClockTurn(const std::function<void()>& fire) {
  for (;;) {
    std::unique_lock lock(mutex_);
    if (holder_ != nullptr) return;
    const std::int64_t deadline = host_->NextDeadline();
    const bool due = deadline <= Now();
    if (!due && !runnable_.empty()) {
      Controlled* next = PickLocked();
      lock.unlock();
      return Pass(next);
    }
    if (deadline == std::numeric_limits<std::int64_t>::max()) return;
    if (!due) now_.store(deadline, std::memory_order_release);
    lock.unlock();
    fire();
  }
}

}  // namespace gordian::schedule
