// Which object files are loaded where, with their build ids: what an offline reader needs to turn
// a return address into a line. Libraries that are opened later are noticed at the first new stack
// behind that: dlopen looks for the library in its caller's name, and so cannot be stood in for.
//
// Locking   the list of what is written is behind a lock of its own. It is not held while the
//           loader is asked, whose lock a program may hold when it calls a hook.
#include <elf.h>
#include <link.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstring>
#include <mutex>
#include <string>
#include <vector>

#include "instrument/recorder/internal.h"
#include "instrument/recorder/own_mutex.h"

namespace gordian::recorder {
namespace {

struct Loaded {
  std::uint64_t base = 0, size = 0;
  std::string text;  // path, newline, build id

  bool operator==(const Loaded&) const = default;
};

struct Written {
  OwnMutex mutex;
  std::vector<Loaded> modules;
  std::atomic<unsigned long long> loads{0};  // by the loader's own count, when it was last asked
};

// Never destroyed: threads record during exit.
Written& TheWritten() {
  static Written& written = *new Written;
  return written;
}

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

// Not on the stack, which may be a goroutine's.
std::string PathOf(const dl_phdr_info& info) {
  if (info.dlpi_name != nullptr && info.dlpi_name[0] != '\0') return info.dlpi_name;
  std::string path(PATH_MAX, '\0');
  const ssize_t length = readlink("/proc/self/exe", path.data(), path.size());
  path.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
  return path;
}

int TakeModule(dl_phdr_info* info, std::size_t, void* data) {
  Loaded module{.base = info->dlpi_addr};
  std::string build_id;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = info->dlpi_phdr[i];
    if (segment.p_type == PT_LOAD)
      module.size = std::max<std::uint64_t>(module.size, segment.p_vaddr + segment.p_memsz);
    if (segment.p_type == PT_NOTE && build_id.empty()) {
      build_id = BuildIdIn(reinterpret_cast<const char*>(info->dlpi_addr + segment.p_vaddr),
                           segment.p_memsz);
    }
  }
  module.text = PathOf(*info) + '\n' + build_id;
  static_cast<std::vector<Loaded>*>(data)->push_back(std::move(module));
  return 0;
}

unsigned long long CountLoads() {
  unsigned long long loads = 0;
  dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* data) {
        *static_cast<unsigned long long*>(data) = info->dlpi_adds;
        return 1;
      },
      &loads);
  return loads;
}

// Those that are loaded and not written yet.
void WriteMissing(ThreadLog& log) {
  Written& written = TheWritten();
  const unsigned long long loads = CountLoads();
  std::vector<Loaded> loaded;
  dl_iterate_phdr(TakeModule, &loaded);
  std::lock_guard lock(written.mutex);
  written.loads.store(loads, std::memory_order_relaxed);
  for (Loaded& module : loaded) {
    if (std::ranges::find(written.modules, module) != written.modules.end()) continue;
    written.modules.push_back(std::move(module));
    const Loaded& added = written.modules.back();
    LocalText(log, EventType::kModule, static_cast<std::uint32_t>(written.modules.size()), 0,
              added.text, {.operands = {added.base, added.size}});
  }
}

}  // namespace

namespace internal {

void LockModules() { TheWritten().mutex.lock(); }
void UnlockModules() { TheWritten().mutex.unlock(); }

void WriteModules(ThreadLog& log) {
  {
    Written& written = TheWritten();
    std::lock_guard lock(written.mutex);
    written.modules.clear();
  }
  WriteMissing(log);
}

void WriteNewModules(ThreadLog& log) {
  if (CountLoads() != TheWritten().loads.load(std::memory_order_relaxed)) WriteMissing(log);
}

}  // namespace internal
}  // namespace gordian::recorder
