#include "gordian/internal/options.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string_view>

namespace gordian::internal {
namespace {

// Sanitizers make frames several times as large.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t kDefaultStackBytes = std::size_t{1} << 20;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr std::size_t kDefaultStackBytes = std::size_t{1} << 20;
#else
constexpr std::size_t kDefaultStackBytes = std::size_t{256} << 10;
#endif
#else
constexpr std::size_t kDefaultStackBytes = std::size_t{256} << 10;
#endif

// Cuts the first piece that none of `separators` is in off `text`.
std::string_view Cut(std::string_view& text, std::string_view separators) {
  const std::size_t end = std::min(text.find_first_of(separators), text.size());
  const std::string_view piece = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return piece;
}

SchedulerOptions Parse(std::string_view text) {
  SchedulerOptions options;
  options.stack_bytes = kDefaultStackBytes;
  while (!text.empty()) {
    std::string_view value = Cut(text, ": ");
    const std::string_view key = Cut(value, "=");
    std::size_t number = 0;
    const bool is_number =
        std::from_chars(value.data(), value.data() + value.size(), number).ec == std::errc{};
    if (key == "schedule") options.schedule = value;
    if (key == "gomaxprocs" && is_number) options.max_procs = static_cast<int>(number);
    if (key == "stack_size" && is_number && number > 0) options.stack_bytes = number;
    if (key == "stacks") options.full_stacks = value == "1" || value == "full";
    if (key == "exitcode" && is_number) options.exit_code = static_cast<int>(number);
  }
  return options;
}

}  // namespace

const SchedulerOptions& RuntimeOptions() {
  static const auto* options = [] {
    const char* text = std::getenv("GORDIAN_OPTIONS");
    return new SchedulerOptions(Parse(text == nullptr ? "" : text));
  }();
  return *options;
}

}  // namespace gordian::internal
