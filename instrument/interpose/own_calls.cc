// What the preloader itself, the recorder in it and their standard library call goes to the C
// library, and never comes back as the program's: the linker turns each reference to one of
// these names inside of the preloader into its __wrap_ form (--wrap). The guards of its statics
// are its own: a program in C has none that they could go to.
#include <pthread.h>
#include <sched.h>

#include <cstdarg>

#include "instrument/interpose/next.h"

namespace gordian::interpose {
namespace {

constinit Next<int(pthread_mutex_t*)> g_lock{"pthread_mutex_lock"};
constinit Next<int(pthread_mutex_t*)> g_unlock{"pthread_mutex_unlock"};
constinit Next<long(long, long, long, long, long, long, long)> g_syscall{"syscall"};

}  // namespace
}  // namespace gordian::interpose

extern "C" {

int __wrap_pthread_mutex_lock(pthread_mutex_t* mutex) { return gordian::interpose::g_lock(mutex); }

int __wrap_pthread_mutex_unlock(pthread_mutex_t* mutex) {
  return gordian::interpose::g_unlock(mutex);
}

long __wrap_syscall(long number, ...) {
  va_list list;
  va_start(list, number);
  long with[6];
  for (long& argument : with) argument = va_arg(list, long);
  va_end(list);
  return gordian::interpose::g_syscall(number, with[0], with[1], with[2], with[3], with[4],
                                       with[5]);
}

// A guard is two bytes: done, and being done.
int __wrap___cxa_guard_acquire(unsigned char* guard) {
  for (;;) {
    if (__atomic_load_n(&guard[0], __ATOMIC_ACQUIRE) != 0) return 0;
    if (__atomic_exchange_n(&guard[1], 1, __ATOMIC_ACQUIRE) == 0) {
      if (__atomic_load_n(&guard[0], __ATOMIC_ACQUIRE) == 0) return 1;
      __atomic_store_n(&guard[1], 0, __ATOMIC_RELEASE);
      return 0;
    }
    sched_yield();
  }
}

void __wrap___cxa_guard_release(unsigned char* guard) {
  __atomic_store_n(&guard[0], 1, __ATOMIC_RELEASE);
  __atomic_store_n(&guard[1], 0, __ATOMIC_RELEASE);
}

void __wrap___cxa_guard_abort(unsigned char* guard) {
  __atomic_store_n(&guard[1], 0, __ATOMIC_RELEASE);
}

}  // extern "C"
