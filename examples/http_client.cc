// An HTTP client whose requests end in time, three ways:
//
//   * nobody answers the connection: the Context that Connect was given has a short timeout;
//   * the server takes the request and is slow: the request's own timeout ends it;
//   * the caller loses interest in the middle of the body: it cancels.
//
// Each is an error of its own. The server is part of this program, on the loopback interface.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <iostream>
#include <string>
#include <string_view>

#include "gordian/gordian.h"

namespace {

using gordian::Context;
namespace net = gordian::net;

class Socket {
 public:
  explicit Socket(int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0))
      : fd_(fd) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() { close(fd_); }
  operator int() const { return fd_; }

 private:
  const int fd_;
};

// A listening socket on a free port.
class Listener {
 public:
  explicit Listener(int backlog) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address_;
    auto* address = reinterpret_cast<sockaddr*>(&address_);
    if (bind(socket_, address, size) != 0 || listen(socket_, backlog) != 0 ||
        getsockname(socket_, address, &size) != 0) {
      throw gordian::Panic("no port on the loopback interface");
    }
  }
  int socket() const { return socket_; }
  const sockaddr_in& address() const { return address_; }

 private:
  Socket socket_;
  sockaddr_in address_{};
};

absl::StatusOr<std::string> ReadSome(const Context& ctx, int fd) {
  std::array<char, 512> buffer;
  const absl::StatusOr<std::size_t> got = net::Read(ctx, fd, buffer);
  if (!got.ok()) return got.status();
  return std::string(buffer.data(), *got);
}

absl::Status Connect(const Context& ctx, int fd, const sockaddr_in& server) {
  auto [connecting, cancel] = gordian::WithTimeout(ctx, absl::Milliseconds(50));
  const auto* address = reinterpret_cast<const sockaddr*>(&server);
  absl::Status connected = net::Connect(connecting, fd, address, sizeof server);
  cancel();
  return connected;
}

// The whole answer. `on_part` is told of each part of it as it comes.
template <typename OnPart>
absl::StatusOr<std::string> Get(const Context& ctx, const sockaddr_in& server,
                                std::string_view path, OnPart on_part) {
  const Socket connection;
  if (absl::Status connected = Connect(ctx, connection, server); !connected.ok()) return connected;
  const std::string request = "GET " + std::string(path) + " HTTP/1.0\r\n\r\n";
  if (absl::Status sent = net::Write(ctx, connection, request); !sent.ok()) return sent;
  std::string answer;
  for (;;) {
    const absl::StatusOr<std::string> part = ReadSome(ctx, connection);
    if (!part.ok()) return part.status();
    if (part->empty()) return answer;
    answer += *part;
    on_part();
  }
}

// "/" gets an answer, "/slow" none, anything else half of one; then it waits for the client to go.
void Serve(const Context& ctx, int fd) {
  const Socket connection(fd);
  const absl::StatusOr<std::string> request = ReadSome(ctx, connection);
  if (!request.ok()) return;
  const bool slow = request->starts_with("GET /slow ");
  const bool whole = request->starts_with("GET / ");
  if (!slow) {
    const absl::Status sent =
        net::Write(ctx, connection, "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhel");
    if (!sent.ok()) return;
  }
  if (whole) {
    net::Write(ctx, connection, "lo").IgnoreError();
    return;
  }
  ReadSome(ctx, connection).IgnoreError();
}

void Print(std::string_view what, const absl::StatusOr<std::string>& answer) {
  std::cout << what << ": ";
  if (answer.ok()) {
    std::cout << answer->size() << " bytes\n";
  } else {
    std::cout << answer.status().message() << '\n';
  }
}

}  // namespace

int main() {
  const auto nothing = [] {};
  auto [serving, stop] = gordian::WithCancel(gordian::Background());
  gordian::WaitGroup served;
  const Listener server(16);
  served.Go("server", [&, ctx = serving] {
    for (;;) {
      const absl::StatusOr<int> connection = net::Accept(ctx, server.socket());
      if (!connection.ok()) return;
      served.Go([ctx, fd = *connection] { Serve(ctx, fd); });
    }
  });

  const Context background;
  Print("answered", Get(background, server.address(), "/", nothing));

  // A listener whose queue is full answers nobody.
  const Listener deaf(0);
  const Socket first, second;
  Connect(background, first, deaf.address()).IgnoreError();
  Connect(background, second, deaf.address()).IgnoreError();
  Print("nobody answers", Get(background, deaf.address(), "/", nothing));

  auto [hasty, done] = gordian::WithTimeout(background, absl::Milliseconds(100));
  Print("slow", Get(hasty, server.address(), "/slow", nothing));
  done();

  auto [interested, lose_interest] = gordian::WithCancel(background);
  Print("cancelled in mid-body",
        Get(interested, server.address(), "/half", [cancel = lose_interest] { cancel(); }));

  stop();
  served.Wait();
}
