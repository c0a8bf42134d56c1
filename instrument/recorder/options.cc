#include "instrument/recorder/options.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <span>
#include <utility>

#include "instrument/recorder/nearest.h"
#include "instrument/recorder/pairs.h"

extern "C" [[gnu::weak]] const char* gordian_default_options();

namespace gordian::recorder {
namespace {

using std::chrono::nanoseconds;

// A number and what follows it: "100ms" → {100, "ms"}.
struct Quantity {
  std::uint64_t number;
  std::string_view unit;
};

std::optional<Quantity> ParseQuantity(std::string_view value) {
  Quantity quantity{};
  const auto [end, error] =
      std::from_chars(value.data(), value.data() + value.size(), quantity.number);
  if (error != std::errc()) return std::nullopt;
  quantity.unit = value.substr(static_cast<std::size_t>(end - value.data()));
  return quantity;
}

// The factor of a unit, nothing where the product would not fit.
std::optional<std::uint64_t> Scaled(
    std::string_view value, std::span<const std::pair<std::string_view, std::uint64_t>> units) {
  const std::optional<Quantity> quantity = ParseQuantity(value);
  if (!quantity) return std::nullopt;
  for (const auto& [unit, factor] : units) {
    if (quantity->unit != unit) continue;
    if (quantity->number > static_cast<std::uint64_t>(INT64_MAX) / factor) return std::nullopt;
    return quantity->number * factor;
  }
  return std::nullopt;
}

bool SetDuration(std::string_view value, nanoseconds& field) {
  static constexpr std::pair<std::string_view, std::uint64_t> kUnits[] = {
      {"ns", 1}, {"us", 1000}, {"ms", 1'000'000}, {"s", 1'000'000'000}, {"m", 60'000'000'000}};
  const std::optional<std::uint64_t> ns = Scaled(value, kUnits);
  if (ns) field = nanoseconds(static_cast<std::int64_t>(*ns));
  return ns.has_value();
}

bool SetSize(std::string_view value, std::uint64_t& field) {
  static constexpr std::pair<std::string_view, std::uint64_t> kUnits[] = {
      {"", 1}, {"K", 1u << 10}, {"M", 1u << 20}, {"G", 1u << 30}};
  const std::optional<std::uint64_t> bytes = Scaled(value, kUnits);
  if (bytes) field = *bytes;
  return bytes.has_value();
}

bool SetCount(std::string_view value, std::uint64_t& field) {
  const std::optional<Quantity> count = ParseQuantity(value);
  constexpr std::uint64_t kMost = UINT32_MAX;
  if (!count || !count->unit.empty() || count->number == 0 || count->number > kMost) return false;
  field = count->number;
  return true;
}

// One of two words: the first means true.
bool SetWord(std::string_view value, std::string_view yes, std::string_view no, bool& field) {
  if (value != yes && value != no) return false;
  field = value == yes;
  return true;
}

struct Row {
  std::string_view key;
  std::string_view values;  // what it takes, with the default
  std::string_view meaning;
  bool (*set)(std::string_view value, Options& options);
};

constexpr std::array kRows = {
    Row{"trace", "FILE", "record into FILE where no `gordian run` watches",
        [](std::string_view value, Options& options) {
          options.trace = value;
          return !value.empty();
        }},
    Row{"report", "1|0 (1)", "alone, built with gordian-cc: say what is wrong, end with exitcode",
        [](std::string_view value, Options& options) {
          return SetWord(value, "1", "0", options.report);
        }},
    Row{"max_size", "SIZE (all)", "of a trace keep the newest SIZE bytes; K, M, G",
        [](std::string_view value, Options& options) { return SetSize(value, options.max_size); }},
    Row{"trace_limit", "SIZE (4G)", "most bytes that FILE may take while recording; K, M, G",
        [](std::string_view value, Options& options) {
          return SetSize(value, options.trace_limit);
        }},
    Row{"fork", "trace|off (trace)", "whether a forked child records a trace of its own",
        [](std::string_view value, Options& options) {
          return SetWord(value, "trace", "off", options.follow_fork);
        }},
    Row{"stacks", "1|0 (0)", "record whole call stacks instead of call sites alone",
        [](std::string_view value, Options& options) {
          return SetWord(value, "1", "0", options.stacks);
        }},
    Row{"leak_grace", "TIME (500ms)", "how long a test's tasks may settle before they are leaks",
        [](std::string_view value, Options& options) {
          return SetDuration(value, options.leak_grace);
        }},
    Row{"leak_grace_exit", "TIME (100ms)", "the same at the end of the program",
        [](std::string_view value, Options& options) {
          return SetDuration(value, options.leak_grace_exit);
        }},
    Row{"test_timeout", "TIME (60s)", "when a test that does not end is reported and given up",
        [](std::string_view value, Options& options) {
          return SetDuration(value, options.test_timeout);
        }},
    Row{"exitcode", "0..255 (66)", "status of a program that ends itself with a report",
        [](std::string_view value, Options& options) {
          const std::optional<Quantity> code = ParseQuantity(value);
          if (!code || !code->unit.empty() || code->number > 255) return false;
          options.exitcode = static_cast<int>(code->number);
          return true;
        }},
    Row{"allow", "PATTERN,...",
        "goroutines that leak on purpose: name, function or file:line; *, ?",
        [](std::string_view value, Options& options) {
          options.allow.emplace_back(value);
          return !value.empty();
        }},
    Row{"fail_on", "VERDICT|RULE=VERDICT,... (predicted)", "which findings fail, as for --fail-on",
        [](std::string_view value, Options& options) {
          options.fail_on.emplace_back(value);
          return !value.empty();
        }},
    Row{"starvation_count", "N (64)", "starvation.*: how often a wait was overtaken",
        [](std::string_view value, Options& options) {
          return SetCount(value, options.starvation_count);
        }},
    Row{"starvation_time", "TIME (1s)", "starvation.*: how long it lasted",
        [](std::string_view value, Options& options) {
          return SetDuration(value, options.starvation_time);
        }},
    Row{"livelock_count", "N (100)", "livelock.retry: how many rounds without progress",
        [](std::string_view value, Options& options) {
          return SetCount(value, options.livelock_count);
        }},
    Row{"spin_count", "N (10000)", "livelock.spin: how many failing attempts",
        [](std::string_view value, Options& options) {
          return SetCount(value, options.spin_count);
        }},
    Row{"max_procs", "N (CPUs)", "how many goroutines run at once, at first",
        [](std::string_view value, Options& options) {
          return SetSize(value, options.max_procs) && options.max_procs <= 256;
        }},
    Row{"stack_size", "SIZE (256K)", "address space of a goroutine's stack; K, M, G",
        [](std::string_view value, Options& options) {
          return SetSize(value, options.stack_size);
        }},
    Row{"schedule", "native|roundrobin (native)", "who decides which task runs next",
        [](std::string_view value, Options& options) {
          options.schedule = value == "native" ? "" : value;
          return value == "native" || value == "roundrobin";
        }},
    Row{"help", "1|0 (0)", "print this list",
        [](std::string_view value, Options& options) {
          return SetWord(value, "1", "0", options.help);
        }},
};

std::string_view NearestKey(std::string_view key) {
  std::array<std::string_view, std::size(kRows)> keys;
  std::transform(std::begin(kRows), std::end(kRows), keys.begin(),
                 [](const Row& row) { return row.key; });
  return Nearest(key, keys);
}

// What the program and its environment say, the stronger last. nullptr: nothing.
std::array<const char*, 2> Texts() {
  return {&gordian_default_options != nullptr ? gordian_default_options() : nullptr,
          secure_getenv("GORDIAN_OPTIONS")};
}

bool Mentions(const char* text, std::string_view wanted) {
  Pairs pairs(text != nullptr ? text : "");
  std::string key, value;
  while (pairs.Next(key, value)) {
    if (key == wanted) return true;
  }
  return false;
}

Options& TheOptions() {
  static Options options = [] {
    Options read;
    for (const char* text : Texts()) {
      if (text == nullptr) continue;
      for (const std::string& problem : ParseOptions(text, read)) {
        dprintf(2, "gordian: GORDIAN_OPTIONS: %s\n", problem.c_str());
      }
    }
    if (read.help) dprintf(2, "%s", DescribeOptions().c_str());
    return read;
  }();
  return options;
}

}  // namespace

std::string SetOption(std::string_view key, std::string_view value, Options& options) {
  const auto row = std::find_if(kRows.begin(), kRows.end(),
                                [&key](const Row& candidate) { return candidate.key == key; });
  const std::string quoted(key);
  if (row == kRows.end()) {
    return "unknown option \"" + quoted + "\"; the nearest is \"" + std::string(NearestKey(key)) +
           "\"";
  }
  if (row->set(value, options)) return "";
  return "option " + quoted + " does not take \"" + std::string(value) + "\", it takes " +
         std::string(row->values);
}

std::vector<std::string> ParseOptions(std::string_view text, Options& options) {
  std::vector<std::string> problems;
  Pairs pairs(text);
  std::string key, value;
  while (pairs.Next(key, value)) {
    std::string problem = SetOption(key, value, options);
    if (!problem.empty()) problems.push_back(std::move(problem));
  }
  return problems;
}

std::string DescribeOptions() {
  std::string text = "GORDIAN_OPTIONS (key=value:key=value):\n";
  for (const Row& row : kRows) {
    std::string line = "  " + std::string(row.key) + "=" + std::string(row.values);
    line.resize(std::max<std::size_t>(line.size() + 2, 34), ' ');
    text += line + std::string(row.meaning) + "\n";
  }
  return text;
}

const Options& ProcessOptions() { return TheOptions(); }

std::string DefaultProcessOption(std::string_view key, std::string_view value) {
  for (const char* text : Texts()) {
    if (Mentions(text, key)) return "";
  }
  return SetOption(key, value, TheOptions());
}

}  // namespace gordian::recorder
