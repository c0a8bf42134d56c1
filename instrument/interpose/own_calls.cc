// What the preloader itself, the recorder in it and their standard library call goes to the C
// library, and never comes back as the program's: the linker turns each reference to one of
// these names inside of the preloader into its __wrap_ form (--wrap).
#include <pthread.h>

#include "instrument/interpose/next.h"

namespace gordian::interpose {
namespace {

constinit Next<int(pthread_mutex_t*)> g_lock{"pthread_mutex_lock"};
constinit Next<int(pthread_mutex_t*)> g_unlock{"pthread_mutex_unlock"};

}  // namespace
}  // namespace gordian::interpose

extern "C" {

int __wrap_pthread_mutex_lock(pthread_mutex_t* mutex) { return gordian::interpose::g_lock(mutex); }

int __wrap_pthread_mutex_unlock(pthread_mutex_t* mutex) {
  return gordian::interpose::g_unlock(mutex);
}

}  // extern "C"
