// Sockets, pipes and other descriptors, with a Context's deadline and cancellation.
//
//   auto [ctx, cancel] = gordian::WithTimeout(parent, absl::Seconds(2));
//   absl::Status connected = gordian::net::Connect(ctx, fd, address);
//   absl::StatusOr<std::size_t> got = gordian::net::Read(ctx, fd, buffer);     // 0: the end
//
// A goroutine that waits for a descriptor needs no thread: one poller (epoll) wakes them all. When
// its Context ends the wait ends with that Context's error, whose message begins with the
// operation: "connect: context deadline exceeded".
//
// Limits   descriptors must be non-blocking (SOCK_NONBLOCK, O_NONBLOCK); Accept makes such ones. Do
//          not close a descriptor that somebody waits for: cancel the wait first. Regular
//          files are always ready; read those within Blocking(). Under a controlled schedule
//          deadlines come by its clock, data by the world's.
// Locking  any task may wait for any descriptor, also several for one.
// Cost     a try first; one that must wait costs an allocation and a system call. While anybody
// waits
//          here the program does not count as standing still: somebody outside may serve it.
#ifndef GORDIAN_NET_H_
#define GORDIAN_NET_H_

#include <sys/socket.h>

#include <cstddef>
#include <source_location>
#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gordian/context.h"

namespace gordian::net {

enum class Ready : unsigned { kReadable = 1, kWritable = 2 };

// Waits until `fd` is ready, or has failed: the next operation tells. Not OK where `ctx` has ended,
// or `fd` cannot be waited for.
absl::Status Poll(const Context& ctx, int fd, Ready what,
                  const std::source_location& where = std::source_location::current());

// Some bytes, at least one; 0 at the end of the stream.
absl::StatusOr<std::size_t> Read(
    const Context& ctx, int fd, std::span<char> into,
    const std::source_location& where = std::source_location::current());

// All of `bytes`. On an error some of them may have been written.
absl::Status Write(const Context& ctx, int fd, std::string_view bytes,
                   const std::source_location& where = std::source_location::current());

absl::Status Connect(const Context& ctx, int fd, const sockaddr* address, socklen_t size,
                     const std::source_location& where = std::source_location::current());

// A new connection, non-blocking and closed on exec.
absl::StatusOr<int> Accept(const Context& ctx, int fd,
                           const std::source_location& where = std::source_location::current());

}  // namespace gordian::net

#endif  // GORDIAN_NET_H_
