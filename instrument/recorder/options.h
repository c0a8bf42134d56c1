// GORDIAN_OPTIONS: what a recorded program can be told from outside.
//
//   GORDIAN_OPTIONS="trace=run.gtrace:fork=off" ./server
//   GORDIAN_OPTIONS="help=1" ./server            prints every option
//
// Pairs `key=value` stand apart by ':' or white space; a value may be quoted with ' or ".
// A program can carry its own defaults, which the environment overrides:
//
//   extern "C" const char* gordian_default_options() { return "leak_grace=1s"; }
//
// Limits    a wrong option never stops a program: it is one line on stderr, which names
//           the nearest option, and the program goes on with the default.
#ifndef GORDIAN_INSTRUMENT_RECORDER_OPTIONS_H_
#define GORDIAN_INSTRUMENT_RECORDER_OPTIONS_H_

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gordian::recorder {

struct Options {
  std::string trace;                                   // record into this file; empty: do not
  bool report = true;                                  // alone: say at the end what is wrong
  std::uint64_t max_size = 0;                          // bytes of trace that are kept; 0: all
  std::uint64_t trace_limit = std::uint64_t{4} << 30;  // bytes of the file while it records
  bool follow_fork = true;                             // a forked child records its own trace
  bool stacks = false;                                 // whole call stacks, not only call sites
  std::chrono::nanoseconds leak_grace = std::chrono::milliseconds(500);
  std::chrono::nanoseconds leak_grace_exit = std::chrono::milliseconds(100);
  std::chrono::nanoseconds test_timeout = std::chrono::seconds(60);
  int exitcode = 66;
  std::vector<std::string> allow;    // patterns of goroutines that leak on purpose
  std::vector<std::string> fail_on;  // which findings fail, as --fail-on takes it
  std::uint64_t starvation_count = 64;
  std::chrono::nanoseconds starvation_time = std::chrono::seconds(1);
  std::uint64_t livelock_count = 100;
  std::uint64_t spin_count = 10'000;
  std::uint64_t max_procs = 0;   // goroutines that run at once; 0: the number of CPUs
  std::uint64_t stack_size = 0;  // of a goroutine, in bytes; 0: the library's default
  std::string schedule;          // empty: the native scheduler; else a controlled policy's name
  bool help = false;
};

// Applies `text` to `options`. Returns one sentence per pair that could not be applied.
std::vector<std::string> ParseOptions(std::string_view text, Options& options);

// The same for one pair. Returns what is wrong, or nothing.
std::string SetOption(std::string_view key, std::string_view value, Options& options);

// Every option with its default and meaning, one a line.
std::string DescribeOptions();

// The options of this process: gordian_default_options(), then the environment. Read
// once; the first call says on stderr what is wrong with them.
const Options& ProcessOptions();

// Sets one of them where nobody has said it: for those who know it by other means. Before there is
// a second thread. Returns what is wrong, or nothing.
std::string DefaultProcessOption(std::string_view key, std::string_view value);

}  // namespace gordian::recorder

#endif  // GORDIAN_INSTRUMENT_RECORDER_OPTIONS_H_
