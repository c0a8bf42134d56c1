#include "gordian/internal/instrumented.h"

#include "gordian/internal/record.h"
#include "gordian/internal/threads.h"
#include "instrument/recorder/guest.h"

namespace gordian::internal {
namespace {

// A thread of the library's own, between two goroutines or without any, and one that is over do
// nothing of the program's.
recorder::Stretch CurrentStretch() {
  if (CurrentTaskOrNull() == nullptr && (IsInternalThread() || IsGone())) return {};
  recorder::ThreadLog* log = RunningLog();
  if (log == nullptr) return {};
  return {log, StackTop(CurrentTask())};
}

}  // namespace

void StackBegan(const Task& task) {
  const recorder::Guest* guest = recorder::internal::TheGuest();
  if (guest == nullptr) return;
  const StackBounds stack = StackOf(task);
  guest->stack_began(stack.begin, stack.end - stack.begin);
}

void StackEnded(const Task& task) {
  const recorder::Guest* guest = recorder::internal::TheGuest();
  if (guest == nullptr) return;
  const StackBounds stack = StackOf(task);
  guest->stack_ended(stack.begin, stack.end - stack.begin);
}

}  // namespace gordian::internal

// After the recorder has attached.
[[gnu::constructor(103)]] static void GordianInviteGuest() {
  gordian::recorder::InviteGuest(gordian::internal::CurrentStretch);
}
