#include "tools/run/preload.h"

#include <elf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace gordian::tools {
namespace {

constexpr std::string_view kName = "libgordian_preload.so";

std::string InPath(const std::string& program) {
  if (program.find('/') != std::string::npos) return program;
  const char* path = std::getenv("PATH");
  const std::vector<std::string> folders =
      absl::StrSplit(path != nullptr ? path : "/usr/bin:/bin", ':');
  for (const std::string& folder : folders) {
    std::string candidate = absl::StrCat(folder.empty() ? "." : folder, "/", program);
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return "";
}

// The interpreter of a script, or "".
std::string InterpreterOf(std::ifstream& file) {
  std::string line;
  file.seekg(2);
  std::getline(file, line);
  const std::size_t begin = line.find_first_not_of(" \t");
  if (begin == std::string::npos) return "";
  return line.substr(begin, line.find_first_of(" \t", begin) - begin);
}

// Whether an ELF file asks for the dynamic linker.
bool IsDynamic(std::ifstream& file, const Elf64_Ehdr& header) {
  for (int i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment;
    file.seekg(static_cast<std::streamoff>(header.e_phoff + i * sizeof segment));
    if (!file.read(reinterpret_cast<char*>(&segment), sizeof segment)) return true;
    if (segment.p_type == PT_INTERP) return true;
  }
  return false;
}

}  // namespace

std::string PreloadLibrary() {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::filesystem::path folder = self.parent_path();
  for (const std::filesystem::path& candidate :
       {folder / kName, folder.parent_path() / GORDIAN_INSTALLED_LIBRARIES / "gordian" / kName}) {
    if (access(candidate.c_str(), R_OK) == 0) return candidate;
  }
  return "";
}

std::string PreloadVariable(const std::string& library) {
  const char* before = std::getenv("LD_PRELOAD");
  return before == nullptr || before[0] == '\0' ? library : absl::StrCat(library, ":", before);
}

std::string WhyNotRecordable(const std::string& program) {
  std::string path = InPath(program);
  constexpr int kMostScripts = 4;  // as in Linux
  for (int depth = 0; depth < kMostScripts && !path.empty(); ++depth) {
    struct stat status{};
    std::ifstream file(path, std::ios::binary);
    Elf64_Ehdr header{};
    if (stat(path.c_str(), &status) != 0 ||
        !file.read(reinterpret_cast<char*>(&header), sizeof header)) {
      return "";
    }
    if ((status.st_mode & (S_ISUID | S_ISGID)) != 0 && geteuid() != 0) {
      return absl::StrCat(path, " runs with other rights than its caller (setuid)");
    }
    if (header.e_ident[0] == '#' && header.e_ident[1] == '!') {
      path = InterpreterOf(file);
      continue;
    }
    if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return "";
    if (header.e_ident[EI_CLASS] != ELFCLASS64) return path + " is no 64-bit program";
    if (!IsDynamic(file, header)) {
      return path + " is linked statically, and the recorder is a library that is loaded with it";
    }
    return "";
  }
  return "";
}

}  // namespace gordian::tools
