#include "instrument/interpose/stack_bounds.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

extern "C" const void* __libc_stack_end;

namespace gordian::interpose {
namespace {

// The C library would look it up in the system's list of mappings.
StackBounds StackOfMain() {
  constexpr rlim_t kMost = rlim_t{64} << 20;
  rlimit limit{};
  if (getrlimit(RLIMIT_STACK, &limit) != 0) return {};
  const auto end = reinterpret_cast<std::uintptr_t>(__libc_stack_end);
  return {.begin = end - std::min(limit.rlim_cur, kMost), .end = end};
}

}  // namespace

StackBounds OwnStack() {
  if (gettid() == getpid()) return StackOfMain();
  pthread_attr_t attributes;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return {};
  void* stack = nullptr;
  std::size_t bytes = 0;
  pthread_attr_getstack(&attributes, &stack, &bytes);
  pthread_attr_destroy(&attributes);
  const auto begin = reinterpret_cast<std::uintptr_t>(stack);
  return {.begin = begin, .end = begin + bytes};
}

}  // namespace gordian::interpose
