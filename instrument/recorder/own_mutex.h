// A mutex of the library's own: nothing of it is the program's, so a guest (guest.h) does not see
// it.
#ifndef GORDIAN_INSTRUMENT_RECORDER_OWN_MUTEX_H_
#define GORDIAN_INSTRUMENT_RECORDER_OWN_MUTEX_H_

#include <mutex>

#include "instrument/recorder/guest.h"

namespace gordian::recorder {

class OwnMutex {
 public:
  void lock() {
    const Unseen unseen;
    mutex_.lock();
  }
  void unlock() {
    const Unseen unseen;
    mutex_.unlock();
  }

 private:
  std::mutex mutex_;
};

}  // namespace gordian::recorder

#endif  // GORDIAN_INSTRUMENT_RECORDER_OWN_MUTEX_H_
