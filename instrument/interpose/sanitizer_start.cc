#include "instrument/interpose/sanitizer_start.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstring>
#include <optional>
#include <string>

#include "instrument/interpose/sanitizer_options.h"
#include "instrument/interpose/thread.h"
#include "instrument/recorder/options.h"

// The program's own, where it has them.
extern "C" {
[[gnu::weak]] const char* __tsan_default_options();
[[gnu::weak]] const char* __tsan_default_suppressions();
[[gnu::weak]] void __tsan_on_initialize();
[[gnu::weak]] int __tsan_on_finalize(int failed);
[[gnu::weak]] void __tsan_on_report(void* report);
}

namespace gordian::interpose {
namespace {

std::optional<std::string> Contents(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "re");
  if (file == nullptr) return std::nullopt;
  std::string text;
  std::array<char, 4096> buffer;
  for (std::size_t got; (got = std::fread(buffer.data(), 1, buffer.size(), file)) != 0;) {
    text.append(buffer.data(), got);
  }
  std::fclose(file);
  return text;
}

// Beside the program where it is not here.
std::optional<std::string> ContentsHereOrBesideProgram(const std::string& path) {
  std::optional<std::string> text = Contents(path);
  if (text || path.starts_with('/')) return text;
  std::array<char, 4096> program;
  const ssize_t length = readlink("/proc/self/exe", program.data(), program.size());
  if (length <= 0) return std::nullopt;
  const std::string_view name(program.data(), static_cast<std::size_t>(length));
  return Contents(std::string(name.substr(0, name.rfind('/') + 1)) + path);
}

void Say(const std::string& sentence) {
  dprintf(2, "gordian: TSAN_OPTIONS: %s\n", sentence.c_str());
}

SanitizerSettings ReadSettings() {
  SanitizerOptions options;
  if (&__tsan_default_options != nullptr) options.Take(__tsan_default_options());
  options.Take(secure_getenv("TSAN_OPTIONS"));
  SanitizerSettings settings = options.Settle();
  const auto add = [&](std::string_view text) {
    for (std::string& line : SuppressionsIn(text, settings.remarks)) {
      settings.leaves_out.push_back(std::move(line));
    }
  };
  const char* built_in =
      &__tsan_default_suppressions != nullptr ? __tsan_default_suppressions() : nullptr;
  if (built_in != nullptr) add(built_in);
  if (settings.suppressions.empty()) return settings;
  if (const std::optional<std::string> text = ContentsHereOrBesideProgram(settings.suppressions)) {
    add(*text);
  } else {
    settings.remarks.push_back("cannot read the suppressions in " + settings.suppressions);
  }
  return settings;
}

void TellOfCallback(const char* name) {
  dprintf(2,
          "gordian: the program defines %s, which is never called: findings are made outside of "
          "the program, when it has ended\n",
          name);
}

void TellOfCallbacks() {
  if (&__tsan_on_report != nullptr) TellOfCallback("__tsan_on_report");
  if (&__tsan_on_finalize != nullptr) TellOfCallback("__tsan_on_finalize");
}

void Follow(const SanitizerSettings& settings, recorder::ThreadLog& log) {
  for (const std::string& remark : settings.remarks) Say(remark);
  if (!settings.exitcode.empty()) {
    const std::string problem = recorder::DefaultProcessOption("exitcode", settings.exitcode);
    if (!problem.empty()) Say(problem);
  }
  for (const std::string& line : settings.leaves_out) {
    recorder::LocalText(log, trace::EventType::kSuppress, 0, 0, line);
  }
}

}  // namespace

void StartSanitized() {
  static std::atomic<bool> started{false};
  if (started.exchange(true)) return;
  if (Recording recording; recording) {
    Follow(ReadSettings(), recording.log());
    TellOfCallbacks();
  }
  if (&__tsan_on_initialize != nullptr) __tsan_on_initialize();
}

}  // namespace gordian::interpose
