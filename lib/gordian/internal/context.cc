#include "gordian/internal/context.h"

#include <cxxabi.h>
#include <pthread.h>

#include <cstdint>
#include <new>
#include <utility>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define GORDIAN_ASAN 1
#endif
#if __has_feature(thread_sanitizer)
#define GORDIAN_TSAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) && !defined(GORDIAN_ASAN)
#define GORDIAN_ASAN 1
#endif
#if defined(__SANITIZE_THREAD__) && !defined(GORDIAN_TSAN)
#define GORDIAN_TSAN 1
#endif

#ifdef GORDIAN_ASAN
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef GORDIAN_TSAN
#include <sanitizer/tsan_interface.h>
#endif

namespace gordian::internal {
namespace {

using boost::context::detail::jump_fcontext;
using boost::context::detail::make_fcontext;
using boost::context::detail::transfer_t;

// Before and after each jump. `fake_stack` is nullptr where the leaving stack dies.
void LeaveStack(void** fake_stack, const void* bottom, std::size_t size, void* fiber) {
#ifdef GORDIAN_ASAN
  __sanitizer_start_switch_fiber(fake_stack, bottom, size);
#endif
#ifdef GORDIAN_TSAN
  __tsan_switch_to_fiber(fiber, 0);
#endif
  static_cast<void>(fake_stack), static_cast<void>(bottom);
  static_cast<void>(size), static_cast<void>(fiber);
}

void EnterStack(void* fake_stack) {
#ifdef GORDIAN_ASAN
  __sanitizer_finish_switch_fiber(fake_stack, nullptr, nullptr);
#endif
  static_cast<void>(fake_stack);
}

// What Prepare leaves at the first switch-in.
struct Start {
  void (*entry)(void*);
  void* argument;
  Context* context;
};

void Enter(transfer_t from) {
  const Start start = *static_cast<Start*>(from.data);
  start.context->worker->resume_at = from.fctx;
  EnterStack(nullptr);
  start.entry(start.argument);
}

}  // namespace

ExceptionGlobals* ThreadExceptionGlobals() {
  asm volatile("");  // never merged with a call on the other side of a switch
  return reinterpret_cast<ExceptionGlobals*>(abi::__cxa_get_globals());
}

void WorkerContext::Bind() {
  exceptions = ThreadExceptionGlobals();
#ifdef GORDIAN_TSAN
  tsan_fiber = __tsan_get_current_fiber();
#endif
  pthread_attr_t attributes;
  void* bottom = nullptr;
  if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
    pthread_attr_getstack(&attributes, &bottom, &stack_size);
    pthread_attr_destroy(&attributes);
  }
  stack_bottom = bottom;
}

void Context::Prepare(void (*entry)(void*), void* argument) {
  exceptions = {};
  asan_fake_stack = nullptr;
#ifdef GORDIAN_TSAN
  tsan_fiber = __tsan_create_fiber(0);
#endif
  std::byte* top = stack_bottom + stack_size - sizeof(Start);
  top -= reinterpret_cast<std::uintptr_t>(top) % 16;
  auto* start = new (top) Start{entry, argument, this};
  resume_at = make_fcontext(top, static_cast<std::size_t>(top - stack_bottom), &Enter);
  first_argument = start;
}

void SwitchIn(WorkerContext& self, Context& to) {
  to.worker = &self;
  void* const argument = std::exchange(to.first_argument, nullptr);
  const ExceptionGlobals own = std::exchange(*self.exceptions, to.exceptions);
  LeaveStack(&self.asan_fake_stack, to.stack_bottom, to.stack_size, to.tsan_fiber);
  const transfer_t back = jump_fcontext(to.resume_at, argument);
  EnterStack(self.asan_fake_stack);
  to.resume_at = back.fctx;
  to.exceptions = std::exchange(*self.exceptions, own);
#ifdef GORDIAN_TSAN
  if (to.finished) __tsan_destroy_fiber(std::exchange(to.tsan_fiber, nullptr));
#endif
}

void SwitchOut(Context& self, bool for_ever) {
  WorkerContext& worker = *self.worker;
  self.finished = for_ever;
  LeaveStack(for_ever ? nullptr : &self.asan_fake_stack, worker.stack_bottom, worker.stack_size,
             worker.tsan_fiber);
  const transfer_t back = jump_fcontext(worker.resume_at, nullptr);
  EnterStack(self.asan_fake_stack);
  self.worker->resume_at = back.fctx;
}

}  // namespace gordian::internal
