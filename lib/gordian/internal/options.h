// What GORDIAN_OPTIONS says about the scheduler, read once at first use.
//
// "key=value" pairs separated by ':' or spaces; keys of other parts are passed over.
#ifndef GORDIAN_LIB_INTERNAL_OPTIONS_H_
#define GORDIAN_LIB_INTERNAL_OPTIONS_H_

#include <cstddef>
#include <string>

namespace gordian::internal {

struct SchedulerOptions {
  std::string schedule;         // "", "roundrobin"
  int max_procs = 0;            // 0: the number of CPUs
  std::size_t stack_bytes = 0;  // per goroutine, guard included
  bool full_stacks = false;     // record stacks instead of single call sites
  int exit_code = 66;           // of a program that ends itself with a report
};

const SchedulerOptions& RuntimeOptions();

}  // namespace gordian::internal

#endif  // GORDIAN_LIB_INTERNAL_OPTIONS_H_
