#include "instrument/interpose/sanitizer_options.h"

#include <algorithm>
#include <array>

#include "instrument/recorder/pairs.h"

namespace gordian::interpose {
namespace {

// Where the option is off, findings of these rules are left out.
struct Switch {
  std::string_view key;
  std::string_view rules;
};
constexpr std::array kSwitches = {
    Switch{"report_bugs", "*"},
    Switch{"detect_deadlocks", "deadlock.lock-order"},
    Switch{"report_thread_leaks", "leak.thread"},
    Switch{"report_destroy_locked", "misuse.lock-destroyed"},
    Switch{"report_mutex_bugs", "misuse.unlock*"},
};

// What is done, whatever the option says.
struct Fixed {
  std::string_view key;
  std::string_view value;  // the option's, that asks for that; empty: none does
  std::string_view why;
};
constexpr std::string_view kOutside =
    "the report is made outside of the program, by gordian run or gordian analyze";
constexpr std::string_view kNoRuntime = "it is about ThreadSanitizer's own runtime";
constexpr std::array kFixed = {
    Fixed{"halt_on_error", "0", "findings are known when the program has ended"},
    Fixed{"abort_on_error", "0", "findings are known when the program has ended"},
    Fixed{"second_deadlock_stack", "1", "both stacks of a lock order are always told"},
    Fixed{"history_size", "", "the whole history is in the trace"},
    Fixed{"io_sync", "1", "what is written to a descriptor is ordered before what is read from it"},
    Fixed{"force_seq_cst_atomics", "0", "memory orders count as the program says them"},
    Fixed{"report_atomic_races", "1", "races with atomic accesses are always told"},
    Fixed{"report_signal_unsafe", "0", "what signal handlers call is not checked"},
    Fixed{"ignore_noninstrumented_modules", "1",
          "code that is not instrumented is never looked at"},
    Fixed{"ignore_interceptors_accesses", "0", "what the C library does for the program counts"},
    Fixed{"enable_annotations", "1", "annotations always count"},
    Fixed{"suppress_equal_stacks", "1", "one bug is one finding"},
    Fixed{"suppress_equal_addresses", "1", "one bug is one finding"},
    Fixed{"print_suppressions", "1", "the report says what was left out"},
    Fixed{"die_after_fork", "0", "a forked child is recorded on its own (GORDIAN_OPTIONS=fork)"},
    Fixed{"stack_trace_format", "", kOutside},
    Fixed{"log_path", "stderr", "the report goes where gordian's -o says"},
    Fixed{"log_exe_name", "0", kOutside},
    Fixed{"log_suffix", "", kOutside},
    Fixed{"color", "auto", kOutside},
    Fixed{"symbolize", "1", kOutside},
    Fixed{"external_symbolizer_path", "", kOutside},
    Fixed{"strip_path_prefix", "", kOutside},
    Fixed{"print_summary", "1", kOutside},
    Fixed{"print_full_thread_history", "1", kOutside},
    Fixed{"verbosity", "0", kNoRuntime},
    Fixed{"atexit_sleep_ms", "0", "there is no need: what still runs at the end is waited for"},
    Fixed{"flush_memory_ms", "0", kNoRuntime},
    Fixed{"flush_symbolizer_ms", "0", kNoRuntime},
    Fixed{"memory_limit_mb", "0", "the trace's size is limited by GORDIAN_OPTIONS=trace_limit"},
    Fixed{"running_on_valgrind", "0", kNoRuntime},
    Fixed{"stop_on_start", "0", kNoRuntime},
    Fixed{"shared_ptr_interceptor", "1", kNoRuntime},
    Fixed{"profile_memory", "", kNoRuntime},
    Fixed{"detect_leaks", "0", "memory that leaks is not looked for"},
    Fixed{"disable_coredump", "0", kNoRuntime},
    Fixed{"handle_segv", "0", kNoRuntime},
    Fixed{"handle_sigbus", "0", kNoRuntime},
    Fixed{"handle_abort", "0", kNoRuntime},
    Fixed{"allocator_may_return_null", "1", "the program's own allocator decides"},
    Fixed{"use_sigaltstack", "0", kNoRuntime},
    Fixed{"coverage", "0", kNoRuntime},
};

bool IsOff(std::string_view value) { return value == "0" || value == "no" || value == "false"; }
bool IsOn(std::string_view value) { return value == "1" || value == "yes" || value == "true"; }

// As the option's own value is written.
std::string_view Plain(std::string_view value) {
  return IsOff(value) ? "0" : IsOn(value) ? "1" : value;
}

void Apply(const std::string& key, const std::string& value, SanitizerSettings& settings) {
  if (key == "exitcode") {
    settings.exitcode = value;
    return;
  }
  if (key == "suppressions") {
    settings.suppressions = value;
    return;
  }
  if (const auto found = std::ranges::find(kSwitches, key, &Switch::key);
      found != kSwitches.end()) {
    if (IsOff(value)) settings.leaves_out.push_back("rule:" + std::string(found->rules));
    return;
  }
  const auto fixed = std::ranges::find(kFixed, key, &Fixed::key);
  if (fixed == kFixed.end()) {
    settings.remarks.push_back("option " + key + " is not known");
  } else if (fixed->value.empty() || Plain(value) != fixed->value) {
    settings.remarks.push_back(key + "=" + value +
                               " has no meaning here: " + std::string(fixed->why));
  }
}

}  // namespace

void SanitizerOptions::Take(const char* text) {
  if (text == nullptr) return;
  recorder::Pairs pairs(text, ":, \t\n\r");
  std::string key, value;
  while (pairs.Next(key, value)) values_[key] = value;
}

SanitizerSettings SanitizerOptions::Settle() const {
  SanitizerSettings settings;
  for (const auto& [key, value] : values_) Apply(key, value, settings);
  return settings;
}

std::vector<std::string> SuppressionsIn(std::string_view text, std::vector<std::string>& remarks) {
  constexpr std::string_view kSpace = " \t\r";
  static constexpr std::array<std::string_view, 6> kKinds = {
      "race", "race_top", "deadlock", "thread", "mutex", "called_from_lib"};
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    line.remove_prefix(std::min(line.find_first_not_of(kSpace), line.size()));
    if (line.empty() || line.front() == '#') continue;
    line = line.substr(0, line.find_last_not_of(kSpace) + 1);
    const std::string_view kind = line.substr(0, line.find(':'));
    if (kind.size() != line.size() && std::ranges::find(kKinds, kind) != kKinds.end()) {
      lines.emplace_back(line);
    } else if (kind == "signal") {
      remarks.push_back("suppression \"" + std::string(line) +
                        "\" has no meaning here: what signal handlers call is not checked");
    } else {
      remarks.push_back("\"" + std::string(line) + "\" is no suppression");
    }
  }
  return lines;
}

}  // namespace gordian::interpose
