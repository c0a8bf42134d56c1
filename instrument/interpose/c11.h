// C11's threads are POSIX's under other names: what an error number is called there.
#ifndef GORDIAN_INSTRUMENT_INTERPOSE_C11_H_
#define GORDIAN_INSTRUMENT_INTERPOSE_C11_H_

#include <errno.h>
#include <threads.h>

namespace gordian::interpose {

inline int C11Result(int error) {
  switch (error) {
    case 0:
      return thrd_success;
    case EBUSY:
      return thrd_busy;
    case ETIMEDOUT:
      return thrd_timedout;
    case ENOMEM:
      return thrd_nomem;
    default:
      return thrd_error;
  }
}

}  // namespace gordian::interpose

#endif  // GORDIAN_INSTRUMENT_INTERPOSE_C11_H_
