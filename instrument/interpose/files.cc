// What is written to a file descriptor happens before what is read from it: pipes, sockets, event
// counters, files. In programs with instrumented code, whose memory that orders.
//
// A descriptor is known by what it refers to, as the system says at each call: copies of it and the
// two ends of a pipe are one object, and nothing has to be followed. The ends of a connection do
// not know each other, so all sockets are one object; event counters and their like, which have no
// identity in the file system, are known by the descriptor.
//
// Cost      a system call (fstat) for each call that is followed.
// Limits    sockets, and files with more than one writer, order more than there is.
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "instrument/interpose/call_site.h"
#include "instrument/interpose/entry.h"
#include "instrument/interpose/lock_events.h"
#include "instrument/interpose/next.h"

namespace gordian::interpose {
namespace {

const void* FileKey(std::uint64_t value) {
  constexpr std::uint64_t kBits = (std::uint64_t{1} << static_cast<unsigned>(KeySpace::kFile)) - 1;
  return KeyOf(reinterpret_cast<const void*>(value & kBits), KeySpace::kFile);
}

// Of nobody: nullptr.
const void* KeyOfFile(int file) {
  struct stat status{};
  if (fstat(file, &status) != 0) return nullptr;
  constexpr std::uint64_t kSockets = 1, kOdd = 0x9E3779B97F4A7C15u;
  if (S_ISSOCK(status.st_mode)) return FileKey(kSockets);
  if ((status.st_mode & S_IFMT) == 0) return FileKey(static_cast<std::uint64_t>(file) + 2);
  return FileKey((status.st_dev * kOdd) ^ (status.st_ino * kOdd >> 1));
}

// Before the call that hands something on.
void Releases(Caller caller, int file) {
  if (!g_instrumented.load(std::memory_order_relaxed)) return;
  Recording recording;
  const void* key = recording ? KeyOfFile(file) : nullptr;
  if (key == nullptr) return;
  if (Object* object = FindOrMake(key, ObjectKind::kCustom)) {
    Step(recording, *object, trace::EventType::kHbRelease, SiteOf(recording, caller));
  }
}

// After the call that has got something; also the end of a file, which the other side has closed.
void Acquires(Caller caller, int file, ssize_t result) {
  if (result < 0 || !g_instrumented.load(std::memory_order_relaxed)) return;
  Recording recording(Epoch::kGoesOn);
  const void* key = recording ? KeyOfFile(file) : nullptr;
  const Object* object = key != nullptr ? Find(key) : nullptr;
  if (object == nullptr || !recorder::IsRegistered(object->tracked)) return;
  recorder::Observed(recording.log(), object->tracked, trace::EventType::kHbAcquire,
                     SiteOf(recording, caller));
}

// The entry points: `Sends` are those that hand on, `Gets` those that get.
template <const char* kName, typename Result, typename... Arguments>
Result Sends(Caller caller, int file, Arguments... arguments) {
  static constinit Next<Result(int, Arguments...)> next{kName};
  Releases(caller, file);
  return next(file, arguments...);
}

template <const char* kName, typename Result, typename... Arguments>
Result Gets(Caller caller, int file, Arguments... arguments) {
  static constinit Next<Result(int, Arguments...)> next{kName};
  const Result result = next(file, arguments...);
  Acquires(caller, file, result);
  return result;
}

#define GORDIAN_NAME(name) constexpr char k_##name[] = #name
GORDIAN_NAME(read);
GORDIAN_NAME(__read_chk);
GORDIAN_NAME(pread);
GORDIAN_NAME(readv);
GORDIAN_NAME(recv);
GORDIAN_NAME(__recv_chk);
GORDIAN_NAME(recvfrom);
GORDIAN_NAME(recvmsg);
GORDIAN_NAME(accept);
GORDIAN_NAME(accept4);
GORDIAN_NAME(eventfd_read);
GORDIAN_NAME(epoll_wait);
GORDIAN_NAME(epoll_pwait);
GORDIAN_NAME(write);
GORDIAN_NAME(pwrite);
GORDIAN_NAME(writev);
GORDIAN_NAME(send);
GORDIAN_NAME(sendto);
GORDIAN_NAME(sendmsg);
GORDIAN_NAME(connect);
GORDIAN_NAME(shutdown);
GORDIAN_NAME(close);
GORDIAN_NAME(eventfd_write);
GORDIAN_NAME(epoll_ctl);
#undef GORDIAN_NAME

}  // namespace
}  // namespace gordian::interpose

using namespace gordian::interpose;

extern "C" {

GORDIAN_ENTRY ssize_t read(int file, void* to, std::size_t bytes) {
  return Gets<k_read, ssize_t>(GORDIAN_CALLER(), file, to, bytes);
}
GORDIAN_ENTRY ssize_t __read_chk(int file, void* to, std::size_t bytes, std::size_t room) {
  return Gets<k___read_chk, ssize_t>(GORDIAN_CALLER(), file, to, bytes, room);
}
GORDIAN_ENTRY ssize_t pread(int file, void* to, std::size_t bytes, off_t at) {
  return Gets<k_pread, ssize_t>(GORDIAN_CALLER(), file, to, bytes, at);
}
GORDIAN_ENTRY ssize_t readv(int file, const iovec* parts, int count) {
  return Gets<k_readv, ssize_t>(GORDIAN_CALLER(), file, parts, count);
}
GORDIAN_ENTRY ssize_t recv(int file, void* to, std::size_t bytes, int flags) {
  return Gets<k_recv, ssize_t>(GORDIAN_CALLER(), file, to, bytes, flags);
}
GORDIAN_ENTRY ssize_t __recv_chk(int file, void* to, std::size_t bytes, std::size_t room,
                                 int flags) {
  return Gets<k___recv_chk, ssize_t>(GORDIAN_CALLER(), file, to, bytes, room, flags);
}
GORDIAN_ENTRY ssize_t recvfrom(int file, void* to, std::size_t bytes, int flags, sockaddr* sender,
                               socklen_t* length) {
  return Gets<k_recvfrom, ssize_t>(GORDIAN_CALLER(), file, to, bytes, flags, sender, length);
}
GORDIAN_ENTRY ssize_t recvmsg(int file, msghdr* message, int flags) {
  return Gets<k_recvmsg, ssize_t>(GORDIAN_CALLER(), file, message, flags);
}
GORDIAN_ENTRY int accept(int file, sockaddr* address, socklen_t* length) {
  return Gets<k_accept, int>(GORDIAN_CALLER(), file, address, length);
}
GORDIAN_ENTRY int accept4(int file, sockaddr* address, socklen_t* length, int flags) {
  return Gets<k_accept4, int>(GORDIAN_CALLER(), file, address, length, flags);
}
GORDIAN_ENTRY int eventfd_read(int file, eventfd_t* value) {
  return Gets<k_eventfd_read, int>(GORDIAN_CALLER(), file, value);
}
GORDIAN_ENTRY int epoll_wait(int file, epoll_event* events, int most, int timeout) {
  return Gets<k_epoll_wait, int>(GORDIAN_CALLER(), file, events, most, timeout);
}
GORDIAN_ENTRY int epoll_pwait(int file, epoll_event* events, int most, int timeout,
                              const sigset_t* mask) {
  return Gets<k_epoll_pwait, int>(GORDIAN_CALLER(), file, events, most, timeout, mask);
}

GORDIAN_ENTRY ssize_t write(int file, const void* from, std::size_t bytes) {
  return Sends<k_write, ssize_t>(GORDIAN_CALLER(), file, from, bytes);
}
GORDIAN_ENTRY ssize_t pwrite(int file, const void* from, std::size_t bytes, off_t at) {
  return Sends<k_pwrite, ssize_t>(GORDIAN_CALLER(), file, from, bytes, at);
}
GORDIAN_ENTRY ssize_t writev(int file, const iovec* parts, int count) {
  return Sends<k_writev, ssize_t>(GORDIAN_CALLER(), file, parts, count);
}
GORDIAN_ENTRY ssize_t send(int file, const void* from, std::size_t bytes, int flags) {
  return Sends<k_send, ssize_t>(GORDIAN_CALLER(), file, from, bytes, flags);
}
GORDIAN_ENTRY ssize_t sendto(int file, const void* from, std::size_t bytes, int flags,
                             const sockaddr* receiver, socklen_t length) {
  return Sends<k_sendto, ssize_t>(GORDIAN_CALLER(), file, from, bytes, flags, receiver, length);
}
GORDIAN_ENTRY ssize_t sendmsg(int file, const msghdr* message, int flags) {
  return Sends<k_sendmsg, ssize_t>(GORDIAN_CALLER(), file, message, flags);
}
GORDIAN_ENTRY int connect(int file, const sockaddr* address, socklen_t length) {
  return Sends<k_connect, int>(GORDIAN_CALLER(), file, address, length);
}
GORDIAN_ENTRY int shutdown(int file, int how) noexcept {
  return Sends<k_shutdown, int>(GORDIAN_CALLER(), file, how);
}
GORDIAN_ENTRY int close(int file) { return Sends<k_close, int>(GORDIAN_CALLER(), file); }
GORDIAN_ENTRY int eventfd_write(int file, eventfd_t value) {
  return Sends<k_eventfd_write, int>(GORDIAN_CALLER(), file, value);
}
GORDIAN_ENTRY int epoll_ctl(int file, int operation, int of, epoll_event* event) noexcept {
  return Sends<k_epoll_ctl, int>(GORDIAN_CALLER(), file, operation, of, event);
}

}  // extern "C"
