#include "detector/report/snippet.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "detector/report/display.h"

namespace gordian::detector {
namespace {

constexpr std::uintmax_t kMaxFileBytes = 8u << 20;
constexpr std::size_t kTabColumns = 4;
constexpr int kFoldersAbove = 4;

bool IsReadable(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return false;
  return std::filesystem::file_size(path, error) <= kMaxFileBytes && !error;
}

std::string WithoutTabs(const std::string& line) {
  std::string text;
  for (char c : line) {
    if (c == '\t') {
      text.append(kTabColumns - text.size() % kTabColumns, ' ');
    } else if (c != '\r') {
      text += c;
    }
  }
  return text;
}

}  // namespace

// The file to read, or "".
std::string SourceFiles::Find(const std::string& path) const {
  if (IsReadable(path)) return path;
  std::filesystem::path folder = std::filesystem::path(program_).parent_path();
  if (path.empty() || path.front() == '/') return "";
  for (int level = 0; level < kFoldersAbove && folder.has_relative_path(); ++level) {
    const std::string candidate = (folder / path).lexically_normal();
    if (IsReadable(candidate)) return candidate;
    folder = folder.parent_path();
  }
  return "";
}

const std::vector<std::string>& SourceFiles::Load(const std::string& path) {
  const auto [found, is_new] = files_.try_emplace(path);
  std::vector<std::string>& lines = found->second;
  const std::string readable = is_new ? Find(path) : "";
  if (readable.empty()) return lines;
  std::ifstream file(readable, std::ios::binary);
  for (std::string line; std::getline(file, line);) lines.push_back(std::move(line));
  return lines;
}

std::vector<SourceLine> SourceFiles::Lines(const std::string& path, std::uint32_t first,
                                           std::uint32_t last) {
  const std::vector<std::string>& lines = Load(path);
  std::vector<SourceLine> taken;
  if (last > lines.size() || last == 0) return taken;  // another version of the file
  for (std::uint32_t number = std::max(first, 1u); number <= last; ++number) {
    taken.push_back({number, Printable(WithoutTabs(lines[number - 1]))});
  }
  return taken;
}

}  // namespace gordian::detector
