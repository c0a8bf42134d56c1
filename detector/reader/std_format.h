// RAPID's STD text format: one event a line, in order, `tid|op(operand)|loc`.
//
//   T0|fork(T1)|12
//   T0|acq(L1)|17
//
//   StdReader reader;
//   while (…) reader.Feed(bytes, take);   // pieces of any size
//   reader.Finish(take);
//
// op is one of acq rel r w fork join begin end; tids, locks, variables and locations have
// arbitrary names; a location like `Bank.java:17` is a file and a line. `begin` and `end`, with or
// without a name in brackets, mark an atomic region; with the task's own tid as operand,
// they mark the task's life. A tid that nobody forks is a root. The format has no
// requests and no ends: a task that is joined has ended, and where the trace stops, every task is
// taken to have left its sections and to have ended as well. Locks count as recursive, as Java's
// are.
//
// Blanks around a line, empty lines, a carriage return at its end and lines that begin with `#`
// mean nothing.
//
// Limits    the first line that is malformed (kInvalidArgument) or cannot have happened
//           (kFailedPrecondition; std_rules.h) is an error with its number; nothing after it is
//           read. A line of more than 64 KiB is malformed. Memory is linear in distinct names.
// Locking   none.  Cost: three look-ups per line, under 100 ns.
#ifndef GORDIAN_DETECTOR_READER_STD_FORMAT_H_
#define GORDIAN_DETECTOR_READER_STD_FORMAT_H_

#include <cstdint>
#include <memory>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "instrument/trace/event.h"

namespace gordian::detector {

class StdReader {
 public:
  using Take = absl::FunctionRef<void(const trace::Event&)>;

  StdReader();
  ~StdReader();
  StdReader(const StdReader&) = delete;
  StdReader& operator=(const StdReader&) = delete;

  // The next bytes of the file: hands over the events of the lines that are whole.
  absl::Status Feed(std::string_view bytes, Take take);
  // The last line, and the ends of the tasks.
  absl::Status Finish(Take take);

  std::uint64_t lines() const;
  std::uint64_t events() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_READER_STD_FORMAT_H_
