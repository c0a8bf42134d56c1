// The tasks that a test has spawned, at its end.
#ifndef GORDIAN_LIB_INPROCESS_SETTLE_H_
#define GORDIAN_LIB_INPROCESS_SETTLE_H_

#include "instrument/trace/ids.h"

namespace gordian::inprocess {

// Waits until the tasks whose ids begin with `first`, but the caller, have ended, or can
// not end by themselves any more, or `leak_grace` is over.
void Settle(trace::TaskId first);

// Takes every parked task from `first` on, but `own`, out of play for ever: what it waits for
// may lie in a frame that is about to go.
void FreezeParked(trace::TaskId first, trace::TaskId own = 0);

}  // namespace gordian::inprocess

#endif  // GORDIAN_LIB_INPROCESS_SETTLE_H_
