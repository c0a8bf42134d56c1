// What the trace says of the process itself: its command line, and which object
// files are loaded where, with their build ids (what an offline reader needs to turn a
// return address into a line).
#include <elf.h>
#include <link.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdio>
#include <cstring>
#include <string>

#include "instrument/recorder/internal.h"

namespace gordian::recorder {
namespace {

std::string Hex(const unsigned char* bytes, std::size_t count) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    text += kDigits[bytes[i] >> 4];
    text += kDigits[bytes[i] & 15];
  }
  return text;
}

// The build id in a PT_NOTE segment, or "".
std::string BuildIdIn(const char* note, std::size_t size) {
  constexpr auto kAligned = [](std::size_t n) { return (n + 3) & ~std::size_t{3}; };
  std::size_t at = 0;
  while (at + sizeof(ElfW(Nhdr)) <= size) {
    ElfW(Nhdr) header;
    std::memcpy(&header, note + at, sizeof header);
    const std::size_t name = at + sizeof header;
    const std::size_t desc = name + kAligned(header.n_namesz);
    if (desc + header.n_descsz > size) break;
    if (header.n_type == NT_GNU_BUILD_ID && header.n_namesz == 4 &&
        std::memcmp(note + name, "GNU", 4) == 0) {
      return Hex(reinterpret_cast<const unsigned char*>(note + desc), header.n_descsz);
    }
    at = desc + kAligned(header.n_descsz);
  }
  return "";
}

std::string PathOf(const dl_phdr_info& info) {
  if (info.dlpi_name != nullptr && info.dlpi_name[0] != '\0') return info.dlpi_name;
  char path[PATH_MAX];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof path);
  return length > 0 ? std::string(path, static_cast<std::size_t>(length)) : "";
}

struct Walk {
  ThreadLog* log;
  std::uint32_t index;
};

int WriteModule(dl_phdr_info* info, std::size_t, void* data) {
  auto& walk = *static_cast<Walk*>(data);
  std::uint64_t end = 0;
  std::string build_id;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = info->dlpi_phdr[i];
    if (segment.p_type == PT_LOAD)
      end = std::max<std::uint64_t>(end, segment.p_vaddr + segment.p_memsz);
    if (segment.p_type == PT_NOTE && build_id.empty()) {
      build_id = BuildIdIn(reinterpret_cast<const char*>(info->dlpi_addr + segment.p_vaddr),
                           segment.p_memsz);
    }
  }
  LocalText(*walk.log, EventType::kModule, ++walk.index, 0, PathOf(*info) + '\n' + build_id,
            {.operands = {info->dlpi_addr, end}});
  return 0;
}

}  // namespace

namespace internal {

void WriteProcess(ThreadLog& log) {
  std::string command;
  if (std::FILE* file = std::fopen("/proc/self/cmdline", "re")) {
    char buffer[4096];
    command.assign(buffer, std::fread(buffer, 1, sizeof buffer, file));
    std::fclose(file);
  }
  std::replace(command.begin(), command.end(), '\0', ' ');
  while (!command.empty() && command.back() == ' ') command.pop_back();
  LocalText(log, EventType::kProcess, 0, 0, command,
            {.operands = {static_cast<std::uint64_t>(getpid()), Now()}});
}

void WriteModules(ThreadLog& log) {
  Walk walk{&log, 0};
  dl_iterate_phdr(WriteModule, &walk);
}

}  // namespace internal
}  // namespace gordian::recorder
