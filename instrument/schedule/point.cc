#include "instrument/schedule/point.h"

#include "instrument/schedule/controller.h"
#include "instrument/schedule/host.h"

namespace gordian::schedule {
namespace internal {
namespace {

// A generator per thread (xorshift; G. Marsaglia, 2003), seeded by its own address.
[[gnu::noinline]] std::uint32_t NativeRandom() {
  thread_local std::uint64_t state = 0;
  if (state == 0) state = reinterpret_cast<std::uintptr_t>(&state) * 0x9E3779B97F4A7C15u | 1;
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return static_cast<std::uint32_t>(state >> 32);
}

std::atomic<void (*)()> g_yield_hook{nullptr};
std::atomic<Controller*> g_controller{nullptr};

}  // namespace

constinit std::atomic<std::uint32_t> g_attention{0};

void PointSlow(Op op, const void* object) {
  if (Controller* controller = g_controller.load(std::memory_order_acquire)) {
    controller->Point(op, object);
  } else if (void (*hook)() = g_yield_hook.load(std::memory_order_acquire)) {
    hook();
  }
}

std::uint32_t ChooseSlow(Choice choice, std::uint32_t n) {
  if (Controller* controller = g_controller.load(std::memory_order_acquire)) {
    return controller->Choose(choice, n);
  }
  if (choice == Choice::kWaiter || choice == Choice::kPoolItem) return 0;
  return static_cast<std::uint32_t>((std::uint64_t{NativeRandom()} * n) >> 32);
}

}  // namespace internal

void Controller::Install(Controller* controller) {
  internal::g_controller.store(controller, std::memory_order_release);
  AskForAttention();
}

void SetYieldHook(void (*hook)()) { internal::g_yield_hook.store(hook, std::memory_order_release); }

void AskForAttention() { internal::g_attention.fetch_add(1, std::memory_order_seq_cst); }
void AttentionPaid() { internal::g_attention.fetch_sub(1, std::memory_order_seq_cst); }

}  // namespace gordian::schedule
