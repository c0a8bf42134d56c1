#include "instrument/interpose/next.h"

#include <dlfcn.h>

namespace gordian::interpose {

void* FindNext(const char* name, const char* version) {
  if (version != nullptr) {
    if (void* found = dlvsym(RTLD_NEXT, name, version)) return found;
  }
  return dlsym(RTLD_NEXT, name);
}

}  // namespace gordian::interpose
