#include "gordian/net.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "absl/strings/str_cat.h"
#include "gordian/internal/poller.h"
#include "instrument/schedule/point.h"

namespace gordian::net {
namespace {

bool WouldBlock(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

absl::Status Prefixed(const char* operation, const absl::Status& status) {
  if (status.ok()) return status;
  return {status.code(), absl::StrCat(operation, ": ", status.message())};
}

// Repeats `attempt`, which returns below 0 and sets errno where it fails, until it succeeds
// or fails for good; waits for `what` where it would block.
template <typename Attempt>
absl::StatusOr<std::size_t> Retry(const char* operation, const Context& ctx, int fd, Ready what,
                                  const std::source_location& where, Attempt attempt) {
  for (;;) {
    if (absl::Status ended = ctx.Err(where); !ended.ok()) return Prefixed(operation, ended);
    const ssize_t done = attempt();
    if (done >= 0) return static_cast<std::size_t>(done);
    if (errno == EINTR) continue;
    if (!WouldBlock(errno)) return absl::ErrnoToStatus(errno, operation);
    absl::Status ready = Poll(ctx, fd, what, where);
    if (!ready.ok()) return Prefixed(operation, ready);
  }
}

}  // namespace

absl::Status Poll(const Context& ctx, int fd, Ready what, const std::source_location& where) {
  schedule::Point(schedule::Op::kYield, nullptr);
  if (absl::Status ended = ctx.Err(where); !ended.ok()) return ended;
  const std::uint32_t events = what == Ready::kReadable ? EPOLLIN | EPOLLRDHUP : EPOLLOUT;
  internal::CancelNode* const canceller =
      ctx.node().get() == nullptr ? nullptr : ctx.node()->canceller();
  const int error = internal::WaitForDescriptor(fd, events, canceller);
  if (error != 0 && error != ECANCELED) return absl::ErrnoToStatus(error, "poll");
  return error == 0 ? absl::OkStatus() : ctx.Err(where);
}

absl::StatusOr<std::size_t> Read(const Context& ctx, int fd, std::span<char> into,
                                 const std::source_location& where) {
  return Retry("read", ctx, fd, Ready::kReadable, where,
               [&] { return read(fd, into.data(), into.size()); });
}

absl::Status Write(const Context& ctx, int fd, std::string_view bytes,
                   const std::source_location& where) {
  while (!bytes.empty()) {
    const absl::StatusOr<std::size_t> written =
        Retry("write", ctx, fd, Ready::kWritable, where, [&] {
          // A peer that has gone is an error, no SIGPIPE.
          const ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
          return sent < 0 && errno == ENOTSOCK ? write(fd, bytes.data(), bytes.size()) : sent;
        });
    if (!written.ok()) return written.status();
    bytes.remove_prefix(*written);
  }
  return absl::OkStatus();
}

absl::Status Connect(const Context& ctx, int fd, const sockaddr* address, socklen_t size,
                     const std::source_location& where) {
  if (absl::Status ended = ctx.Err(where); !ended.ok()) return Prefixed("connect", ended);
  if (connect(fd, address, size) == 0) return absl::OkStatus();
  // Interrupted, it goes on by itself.
  if (errno != EINPROGRESS && errno != EINTR) return absl::ErrnoToStatus(errno, "connect");
  absl::Status ready = Poll(ctx, fd, Ready::kWritable, where);
  if (!ready.ok()) return Prefixed("connect", ready);
  int error = 0;
  socklen_t length = sizeof error;
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0) error = errno;
  return error == 0 ? absl::OkStatus() : absl::ErrnoToStatus(error, "connect");
}

absl::StatusOr<int> Accept(const Context& ctx, int fd, const std::source_location& where) {
  const absl::StatusOr<std::size_t> accepted =
      Retry("accept", ctx, fd, Ready::kReadable, where,
            [&] { return accept4(fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC); });
  if (!accepted.ok()) return accepted.status();
  return static_cast<int>(*accepted);
}

}  // namespace gordian::net
