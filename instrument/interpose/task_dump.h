// What every thread does at the moment, as a text on stderr: what it waits for and who has that,
// the locks that it holds, its stack.
//
//   thread 4712 "worker": waits to lock the mutex 0x55d0c0a04060 (/src/bank+0x4060), which thread
//   4713 holds
//     holds the mutex 0x55d0c0a04088 (/src/bank+0x4088)
//       at /src/bank+0x1234
//
// Threads go on meanwhile: what is said of one was true while it was looked at.
//
// Locking   one at a time. Takes no memory.
// Limits    who holds a lock for reading is not known, only how many do.
#ifndef GORDIAN_INSTRUMENT_INTERPOSE_TASK_DUMP_H_
#define GORDIAN_INSTRUMENT_INTERPOSE_TASK_DUMP_H_

#include "instrument/interpose/thread_stack.h"

namespace gordian::interpose {

// `own`: the calling thread's stack, where it is one of the program's and the only one.
void DumpTasks(const StackFrames* own);

}  // namespace gordian::interpose

#endif  // GORDIAN_INSTRUMENT_INTERPOSE_TASK_DUMP_H_
