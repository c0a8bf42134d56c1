// What the trace says of the process itself: its id, when it began, its command line.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include "instrument/recorder/internal.h"

namespace gordian::recorder::internal {

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

}  // namespace gordian::recorder::internal
