// Goroutines.
//
//   gordian::Go([&] { Serve(connection); });
//   gordian::Go("worker", [jobs] { for (Job job : jobs) job.Run(); });
//
// A goroutine runs on one of GoMaxProcs() threads and costs about as much as a page of memory.
// The place that calls Go is recorded as the goroutine's spawn site.
//
// Limits   when main returns the program ends and waits for no goroutine. An exception
//          that leaves a goroutine ends the program with a report. So does one that runs over
//          its stack (256 KiB; option stack_size), which is then ended by SIGSEGV.
// Cost     one allocation where the callable does not fit into two words.
#ifndef GORDIAN_GO_H_
#define GORDIAN_GO_H_

#include <concepts>
#include <source_location>
#include <string_view>
#include <type_traits>
#include <utility>

#include "absl/functional/any_invocable.h"

namespace gordian {

// A callable, and the place that wrote it as an argument.
class Spawned {
 public:
  template <typename F>
    requires(std::invocable<std::decay_t<F>&> && !std::same_as<std::decay_t<F>, Spawned>)
  Spawned(F&& f, std::source_location at = std::source_location::current())  // NOLINT: implicit
      : body(std::forward<F>(f)), location(at) {}

  absl::AnyInvocable<void()> body;
  std::source_location location;
};

void Go(Spawned f);
void Go(std::string_view name, Spawned f);

}  // namespace gordian

#endif  // GORDIAN_GO_H_
