#include "instrument/interpose/own_threads.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <string_view>

#include "instrument/interpose/fixed_text.h"

namespace gordian::interpose {
namespace {

// As getdents64 writes it.
struct Entry {
  std::uint64_t inode;
  std::int64_t offset;
  std::uint16_t bytes;
  unsigned char type;
  char name[1];
};

// Read and close stand in for the C library's: here the system is asked itself.
long Call(long number, long first, long second = 0, long third = 0, long fourth = 0) {
  return syscall(number, first, second, third, fourth);
}

int OpenForReading(const char* path, int flags = 0) {
  return static_cast<int>(
      Call(SYS_openat, AT_FDCWD, reinterpret_cast<long>(path), O_RDONLY | O_CLOEXEC | flags));
}

// What `room` has space for of /proc/self/task/THREAD/FILE; empty where there is no such thread.
std::string_view Read(pid_t thread, std::string_view file, std::span<char> room) {
  std::array<char, 64> path{};
  FixedText(std::span(path).first(path.size() - 1))
      << "/proc/self/task/" << static_cast<std::uint64_t>(thread) << "/" << file;
  const int descriptor = OpenForReading(path.data());
  if (descriptor < 0) return {};
  const long bytes = Call(SYS_read, descriptor, reinterpret_cast<long>(room.data()),
                          static_cast<long>(room.size()));
  Call(SYS_close, descriptor);
  return {room.data(), static_cast<std::size_t>(std::max(bytes, 0L))};
}

bool HasEnded(pid_t thread) {
  std::array<char, 128> room;
  const std::string_view stat = Read(thread, "stat", room);  // "4711 (name) Z …"
  const std::size_t name_end = stat.rfind(')');
  return stat.empty() ||
         (name_end + 2 < stat.size() && (stat[name_end + 2] == 'Z' || stat[name_end + 2] == 'X'));
}

// Takes a number, decimal or with 0x, off the front of `text`.
bool TakeNumber(std::string_view& text, long& number) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  const bool is_hex = text.starts_with("0x");
  if (is_hex) text.remove_prefix(2);
  unsigned long value = 0;
  const bool is_negative = text.starts_with('-');
  if (is_negative) text.remove_prefix(1);
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, is_hex ? 16 : 10);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  number = is_negative ? -static_cast<long>(value) : static_cast<long>(value);
  return true;
}

}  // namespace

bool ForEachOwnThread(FunctionRef<bool(pid_t)> visit) {
  const int folder = OpenForReading("/proc/self/task", O_DIRECTORY);
  if (folder < 0) return false;
  alignas(Entry) std::array<char, 2048> entries;
  for (bool more = true; more;) {
    const long bytes = Call(SYS_getdents64, folder, reinterpret_cast<long>(entries.data()),
                            static_cast<long>(entries.size()));
    if (bytes <= 0) break;
    for (long at = 0; more && at < bytes;) {
      const auto& entry = *reinterpret_cast<const Entry*>(entries.data() + at);
      at += entry.bytes;
      std::string_view name(entry.name);
      long thread = 0;
      if (TakeNumber(name, thread)) more = visit(static_cast<pid_t>(thread));
    }
  }
  Call(SYS_close, folder);
  return true;
}

SystemCall SystemCallOf(pid_t thread) {
  std::array<char, 256> room;
  std::string_view text = Read(thread, "syscall", room);
  if (text.empty())
    return {.kind = HasEnded(thread) ? SystemCall::Kind::kGone : SystemCall::Kind::kUnknown};
  if (text.starts_with("running")) return {.kind = SystemCall::Kind::kRuns};
  SystemCall call;
  if (!TakeNumber(text, call.number)) return call;
  for (long& argument : call.arguments) {
    if (!TakeNumber(text, argument)) return call;
  }
  call.kind = call.number < 0 ? SystemCall::Kind::kRuns : SystemCall::Kind::kCall;
  return call;
}

namespace {
bool IsFutexWait(const SystemCall& call) {
  if (call.kind != SystemCall::Kind::kCall || call.number != SYS_futex) return false;
  const long command = call.arguments[1] & FUTEX_CMD_MASK;
  return command == FUTEX_WAIT || command == FUTEX_WAIT_BITSET || command == FUTEX_LOCK_PI;
}
}  // namespace

bool SleepsUntilWoken(const SystemCall& call) {
  return IsFutexWait(call) && call.arguments[3] == 0;
}

// Those that signal(7) says are never gone on with, and waits with a timeout.
bool EndsBySignal(const SystemCall& call) {
  static constexpr long kCalls[] = {
#ifdef SYS_poll
      SYS_poll,          SYS_select,          SYS_epoll_wait,
      SYS_pause,
#endif
      SYS_ppoll,         SYS_pselect6,        SYS_epoll_pwait,
      SYS_nanosleep,     SYS_clock_nanosleep, SYS_rt_sigtimedwait,
      SYS_rt_sigsuspend, SYS_msgrcv,          SYS_msgsnd,
      SYS_semop,         SYS_semtimedop,      SYS_io_getevents};
  if (call.kind != SystemCall::Kind::kCall) return false;
  if (IsFutexWait(call)) return call.arguments[3] != 0;
  return std::ranges::find(kCalls, call.number) != std::end(kCalls);
}

std::string_view NameOfCall(long number) {
  struct Named {
    long number;
    std::string_view name;
  };
  static constexpr Named kNames[] = {
#ifdef SYS_poll
      {SYS_poll, "poll"},
      {SYS_select, "select"},
      {SYS_epoll_wait, "epoll_wait"},
      {SYS_pause, "pause"},
      {SYS_accept, "accept"},
#endif
      {SYS_ppoll, "ppoll"},
      {SYS_pselect6, "pselect"},
      {SYS_epoll_pwait, "epoll_wait"},
      {SYS_nanosleep, "nanosleep"},
      {SYS_clock_nanosleep, "clock_nanosleep"},
      {SYS_rt_sigtimedwait, "sigtimedwait"},
      {SYS_rt_sigsuspend, "sigsuspend"},
      {SYS_read, "read"},
      {SYS_write, "write"},
      {SYS_readv, "readv"},
      {SYS_writev, "writev"},
      {SYS_recvfrom, "recv"},
      {SYS_recvmsg, "recvmsg"},
      {SYS_sendto, "send"},
      {SYS_sendmsg, "sendmsg"},
      {SYS_accept4, "accept"},
      {SYS_connect, "connect"},
      {SYS_wait4, "wait"},
      {SYS_waitid, "waitid"},
      {SYS_flock, "flock"},
      {SYS_fcntl, "fcntl"},
      {SYS_fsync, "fsync"},
      {SYS_futex, "futex"},
      {SYS_semop, "semop"},
      {SYS_msgrcv, "msgrcv"}};
  const auto found = std::ranges::find(kNames, number, &Named::number);
  return found == std::end(kNames) ? std::string_view() : found->name;
}

std::string_view NameOfThread(pid_t thread, std::span<char> room) {
  const std::string_view name = Read(thread, "comm", room);
  return name.substr(0, name.find('\n'));
}

bool IsOnlyThread() {
  bool alone = true;
  const pid_t self = gettid();
  const bool listed = ForEachOwnThread([&](pid_t thread) {
    alone = thread == self || HasEnded(thread);
    return alone;
  });
  return listed && alone;
}

}  // namespace gordian::interpose
