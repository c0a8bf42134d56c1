#include "detector/symbols/frame.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace gordian::detector {
namespace {

// No more frames than this are kept of one site: a text in a trace has 64 KiB.
constexpr std::size_t kMaxFrames = 256;

// A field of a payload must not hold the characters that separate fields.
std::string Field(std::string_view text) {
  std::string field(text);
  std::replace_if(field.begin(), field.end(), [](char c) { return c == '\t' || c == '\n'; }, ' ');
  return field;
}

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// Cuts off and returns what stands before the first `separator`, or all of `text`.
std::string_view TakeUntil(std::string_view& text, char separator) {
  const std::size_t end = text.find(separator);
  const std::string_view first = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return first;
}

bool ParseNumber(std::string_view text, std::uint32_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

bool IsSystemFile(std::string_view file) {
  static constexpr std::array<std::string_view, 4> kSystemFolders = {"/usr/include/", "/usr/lib/",
                                                                     "/lib/", "/usr/lib64/"};
  if (std::any_of(kSystemFolders.begin(), kSystemFolders.end(),
                  [&](std::string_view folder) { return file.starts_with(folder); })) {
    return true;
  }
  // A compiler or standard library that lives elsewhere, or was built without debug prefixes.
  return Contains(file, "/include/c++/") || Contains(file, "libstdc++-v3/") ||
         Contains(file, "/libcxx/") || Contains(file, "/sysdeps/") || Contains(file, "/nptl/") ||
         file.starts_with("./nptl/") || file.starts_with("./csu/") || Contains(file, "/csu/");
}

bool IsGordianFile(std::string_view file) {
  return Contains(file, "lib/gordian/") || Contains(file, "/include/gordian/") ||
         Contains(file, "lib/inprocess/") || Contains(file, "instrument/interpose/") ||
         Contains(file, "instrument/recorder/");
}

// Known by name where a stripped build has no lines.
bool IsRecordersFunction(const std::string& function) {
  return function.starts_with("gordian::interpose::") ||
         function.starts_with("gordian::recorder::");
}

bool IsLibraryWithoutLines(const Frame& frame) {
  const std::string_view base = BaseName(frame.file);
  return frame.line == 0 &&
         (base.starts_with("lib") || base.starts_with("ld-linux") ||
          base.starts_with("linux-vdso")) &&
         Contains(base, ".so");
}

// The C and C++ libraries' own, and ours: how a program gets somewhere, never where it is.
bool IsRuntime(const Frame& frame) {
  static constexpr std::array<std::string_view, 6> kRuntimes = {
      "libc.so", "libpthread", "ld-linux", "libstdc++.so", "libgcc_s", "libgordian_"};
  const std::string_view base = BaseName(frame.file);
  const std::string name = FunctionName(frame.function);
  return IsGordianFile(frame.file) || Contains(frame.file, "/sysdeps/") ||
         Contains(frame.file, "nptl/") || Contains(frame.file, "csu/") ||
         name.starts_with("std::") || IsRecordersFunction(name) ||
         std::any_of(kRuntimes.begin(), kRuntimes.end(),
                     [&](std::string_view name) { return base.starts_with(name); });
}

}  // namespace

std::string_view BaseName(std::string_view file) {
  const std::size_t slash = file.rfind('/');
  if (slash != std::string_view::npos) file.remove_prefix(slash + 1);
  const std::size_t offset = file.rfind("+0x");
  return offset == std::string_view::npos ? file : file.substr(0, offset);
}

bool IsPlumbing(const Frame& frame) {
  if (IsSystemFile(frame.file) || IsGordianFile(frame.file) || IsLibraryWithoutLines(frame)) {
    return true;
  }
  const std::string name = FunctionName(frame.function);
  return name.starts_with("std::") || name.starts_with("__gnu_cxx::") ||
         name.starts_with("boost::context::") || IsRecordersFunction(name) || name == "_start";
}

const Frame* Shown(std::span<const Frame> frames) {
  for (const Frame& frame : frames) {
    if (!IsPlumbing(frame)) return &frame;
  }
  // A thread of a library's own has no frame of the program.
  for (const Frame& frame : frames) {
    if (!IsRuntime(frame)) return &frame;
  }
  for (const Frame& frame : frames) {
    if (frame.line != 0) return &frame;
  }
  return frames.empty() ? nullptr : &frames.front();
}

std::string EncodeFrames(std::span<const Frame> frames) {
  std::string text;
  for (const Frame& frame : frames.first(std::min(frames.size(), kMaxFrames))) {
    if (!text.empty()) text += '\n';
    text += std::to_string(frame.line) + '\t' + std::to_string(frame.column) + '\t' +
            (frame.inlined ? "inlined" : "called") + '\t' + Field(frame.file) + '\t' +
            Field(frame.function);
  }
  return text;
}

std::vector<Frame> DecodeFrames(std::string_view text) {
  std::vector<Frame> frames;
  while (!text.empty() && frames.size() < kMaxFrames) {
    std::string_view row = TakeUntil(text, '\n');
    Frame frame;
    const bool numbered = ParseNumber(TakeUntil(row, '\t'), frame.line) &&
                          ParseNumber(TakeUntil(row, '\t'), frame.column);
    if (!numbered) continue;
    frame.inlined = TakeUntil(row, '\t') == "inlined";
    frame.file = std::string(TakeUntil(row, '\t'));
    frame.function = std::string(row);
    frames.push_back(std::move(frame));
  }
  return frames;
}

}  // namespace gordian::detector
