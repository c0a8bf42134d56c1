// Blocks of memory and stacks, as they come and go, written to the trace: for programs that have
// instrumented code. Without, nothing is written.
//
// The address space is cut into regions of 64 MiB; what happens in one takes its object's versions,
// so that a block's end and the beginning of what comes after it at its address are in order.
//
// Locking   none; an atomic step for each part of a block.
// Cost      the site, four words.
#ifndef GORDIAN_INSTRUMENT_INTERPOSE_MEMORY_EVENTS_H_
#define GORDIAN_INSTRUMENT_INTERPOSE_MEMORY_EVENTS_H_

#include <cstddef>

#include "instrument/interpose/call_site.h"
#include "instrument/interpose/thread.h"

namespace gordian::interpose {

// After the allocator has returned the block; nullptr and empty ones are none.
void BlockAllocated(Caller caller, const void* block, std::size_t bytes);

// Before the allocator gets it back.
void BlockFreed(Caller caller, const void* block, std::size_t bytes);

// The calling thread's own stack.
void StackBegan(ThreadState& thread);
void StackEnded(ThreadState& thread);

// The program has instrumented code: what happens to memory counts from here on.
void FollowMemory();

// A stack that the running task has begun or ended to use.
void StackEvent(trace::EventType type, std::uintptr_t begin, std::size_t bytes);

}  // namespace gordian::interpose

#endif  // GORDIAN_INSTRUMENT_INTERPOSE_MEMORY_EVENTS_H_
