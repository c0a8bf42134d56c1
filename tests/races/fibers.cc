// Fibers, as a program tells of them: stacks that it switches between itself.
#include <sanitizer/tsan_interface.h>
#include <ucontext.h>

#include <array>
#include <functional>
#include <mutex>

#include "tests/races/programs.h"

namespace {

int value;

class Fiber {
 public:
  explicit Fiber(std::function<void()> body, unsigned flags = 0)
      : body_(std::move(body)), flags_(flags), handle_(__tsan_create_fiber(0)) {
    __tsan_set_fiber_name(handle_, "worker");
    getcontext(&own_);
    own_.uc_stack.ss_sp = stack_.data();
    own_.uc_stack.ss_size = stack_.size();
    own_.uc_link = nullptr;
    const auto self = reinterpret_cast<std::uintptr_t>(this);
    makecontext(&own_, reinterpret_cast<void (*)()>(&Fiber::Begin), 2,
                static_cast<unsigned>(self >> 32), static_cast<unsigned>(self));
  }
  ~Fiber() { __tsan_destroy_fiber(handle_); }
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  // Runs it until it yields; one that has ended does nothing else.
  void Resume() {
    resumer_ = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(handle_, flags_);
    swapcontext(&back_, &own_);
  }

  void Yield() {
    __tsan_switch_to_fiber(resumer_, flags_);
    swapcontext(&own_, &back_);
  }

 private:
  static void Begin(unsigned high, unsigned low) {
    auto* const self = reinterpret_cast<Fiber*>(std::uintptr_t{high} << 32 | low);
    self->body_();
    for (;;) self->Yield();
  }

  const std::function<void()> body_;
  const unsigned flags_;
  void* const handle_;
  void* resumer_ = nullptr;
  ucontext_t own_, back_;
  std::array<char, 64 * 1024> stack_;
};

void InTurn(unsigned flags) {
  Fiber first([] { ++value; }, flags), second([] { ++value; }, flags);
  first.Resume();
  second.Resume();
}

void FibersInTurn() { InTurn(0); }
void FibersInTurnWithoutOrder() { InTurn(__tsan_switch_to_fiber_no_sync); }

void FibersOfTwoThreads() {
  const auto one = [] {
    Fiber fiber([] { ++value; });
    fiber.Resume();
  };
  Both(one, one);
}

void FibersWithVariablesOfTheirOwn() {
  const auto one = [] {
    Fiber* self = nullptr;
    Fiber fiber([&self] {
      volatile int mine = 0;
      for (int i = 0; i < 3; ++i) {
        mine = mine + 1;
        self->Yield();
      }
    });
    self = &fiber;
    for (int i = 0; i < 3; ++i) fiber.Resume();
  };
  Both(one, one);
}

// Begun by one thread, ended by another; what they hand over is a lock's to order.
void FiberThatMoves() {
  static Fiber* moving;
  static std::mutex mutex;
  moving = new Fiber([] {
    int mine = ++value;
    moving->Yield();
    value = mine + 1;
  });
  std::thread first([] {
    std::lock_guard lock(mutex);
    moving->Resume();
  });
  first.join();
  std::thread second([] {
    std::lock_guard lock(mutex);
    moving->Resume();
  });
  second.join();
  delete moving;
}

constexpr Program kPrograms[] = {
    {"fibers-in-turn", FibersInTurn},
    {"fibers-in-turn-without-order", FibersInTurnWithoutOrder},
    {"fibers-of-two-threads", FibersOfTwoThreads},
    {"fibers-with-variables-of-their-own", FibersWithVariablesOfTheirOwn},
    {"fiber-that-moves", FiberThatMoves},
};

}  // namespace

std::span<const Program> FiberPrograms() { return kPrograms; }
