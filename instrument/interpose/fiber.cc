#include "instrument/interpose/fiber.h"

#include <utility>

namespace gordian::interpose {
namespace {

using trace::EventType;

void GiveTurn(recorder::ThreadLog& log, Fiber& to, trace::SiteId site) {
  recorder::EnsureRegistered(to.turn, trace::ObjectKind::kCustom, 0, site);
  const trace::Version version = to.turn.version.fetch_add(1, std::memory_order_acq_rel) + 1;
  recorder::OrderedAt(log, to.turn, EventType::kHbRelease, site, version);
}

// A fiber that waits leaves its thread to others: it asks again when it has got what it wants.
void GiveUpWait(ThreadState& thread) {
  if (!thread.waits) return;
  thread.waits_inside = false;
  if (Recording over(WaitIsOver::kNow); over) GiveUpForHandler(thread);
}

}  // namespace

Fiber* CurrentFiber() {
  ThreadState& thread = t_thread;
  if (thread.fiber != nullptr) return thread.fiber;
  if (thread.own_fiber == nullptr) {
    thread.own_fiber = new Fiber;
    thread.own_fiber->runs = &thread.task;
  }
  return thread.own_fiber;
}

Fiber* CreateFiber(Caller caller) {
  auto* fiber = new Fiber;
  if (recorder::IsGuest()) return fiber;
  if (Recording recording; recording) {
    fiber->task.id = recorder::NewTask();
    const auto kind = static_cast<std::uint64_t>(trace::TaskKind::kFiber);
    recorder::LocalText(recording.log(), EventType::kTaskSpawn, fiber->task.id,
                        SiteOf(recording, caller), {}, {.operands = {kind}});
  }
  return fiber;
}

void SwitchToFiber(Caller caller, Fiber& to, bool orders) {
  if (recorder::IsGuest()) return;
  ThreadState& thread = t_thread;
  Fiber& from = *CurrentFiber();
  if (&from == &to) return;
  GiveUpWait(thread);
  Recording recording;
  const trace::SiteId site = recording ? SiteOf(recording, caller) : 0;
  if (recording && orders) GiveTurn(recording.log(), to, site);
  from.ignored = std::exchange(thread.ignored, to.ignored);
  thread.attempts = {};
  thread.once_seen = {};
  thread.fiber = to.runs == &thread.task ? nullptr : &to;
  if (!recording) return;
  // It was made while nothing was recorded.
  if (to.runs->id == 0) *to.runs = {.id = recorder::NewTask(), .generation = ~std::uint32_t{0}};
  recorder::StopTask(recording.log());
  recorder::RunTask(recording.log(), *to.runs);
  if (orders) recorder::Observed(recording.log(), to.turn, EventType::kHbAcquire, site);
}

void DestroyFiber(Fiber& fiber) {
  ThreadState& thread = t_thread;
  if (&fiber == thread.fiber || &fiber == thread.own_fiber) return;
  if (Recording recording; recording && fiber.task.id != 0) {
    recorder::ThreadLog& log = recording.log();
    const auto how = static_cast<std::uint64_t>(trace::TaskEndReason::kReturned);
    recorder::RunTask(log, fiber.task);
    recorder::Local(log, EventType::kTaskEnd, fiber.task.id, 0, {.operands = {how}});
    recorder::RunTask(log, RunningTask(thread));
    if (recorder::IsRegistered(fiber.turn)) recorder::Unregister(fiber.turn, 0);
  }
  delete &fiber;
}

void NameFiber(const Fiber& fiber, std::string_view name) {
  Recording recording(Epoch::kGoesOn);
  if (!recording || fiber.runs->id == 0) return;
  recorder::LocalText(recording.log(), EventType::kTaskName, fiber.runs->id, 0, name);
}

std::uintptr_t StackEndOf(Fiber& fiber, std::uintptr_t frame) {
  for (const Mapping& stack : fiber.stacks) {
    if (stack.Has(frame)) return stack.end;
  }
  Mapping& stack = fiber.stacks[std::exchange(fiber.oldest_stack, 1 - fiber.oldest_stack)];
  stack = MappingAt(frame);
  // The system does not say: what can be told is that the frame's page is there.
  constexpr std::uintptr_t kPage = 4096;
  if (stack.end == 0) stack = {.begin = frame & ~(kPage - 1), .end = (frame | (kPage - 1)) + 1};
  return stack.end;
}

void ForgetFibers(ThreadState& thread) {
  thread.fiber = nullptr;
  delete std::exchange(thread.own_fiber, nullptr);
}

}  // namespace gordian::interpose
