// Waiting for descriptors: readiness, deadlines and cancellation, over loopback sockets.

#include "gordian/net.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <string>
#include <thread>

#include "gmock/gmock.h"
#include "gordian/go.h"
#include "gordian/internal/freeze.h"
#include "gordian/runtime.h"
#include "gordian/time.h"
#include "gordian/wait_group.h"
#include "gtest/gtest.h"

namespace gordian {
namespace {

using ::testing::HasSubstr;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) { EXPECT_GE(fd, 0); }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  operator int() const { return fd_; }

 private:
  int fd_;
};

struct Pair {
  Pair() : Pair(Make()) {}
  Descriptor a, b;

 private:
  explicit Pair(std::array<int, 2> ends) : a(ends[0]), b(ends[1]) {}
  static std::array<int, 2> Make() {
    std::array<int, 2> ends{-1, -1};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
    return ends;
  }
};

// A listener on a free port of the loopback interface.
struct Listener {
  explicit Listener(int backlog = 16) : fd(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)) {
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(fd, At(), size), 0);
    EXPECT_EQ(listen(fd, backlog), 0);
    EXPECT_EQ(getsockname(fd, At(), &size), 0);
  }
  sockaddr* At() { return reinterpret_cast<sockaddr*>(&address); }

  Descriptor fd;
  sockaddr_in address{};
};

Descriptor NewSocket() { return Descriptor(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)); }

// Everything up to the end of the stream.
absl::StatusOr<std::string> ReadAll(const Context& ctx, int fd) {
  std::string text;
  std::array<char, 64> buffer;
  for (;;) {
    const absl::StatusOr<std::size_t> got = net::Read(ctx, fd, buffer);
    if (!got.ok()) return got.status();
    if (*got == 0) return text;
    text.append(buffer.data(), *got);
  }
}

TEST(Net, AReaderIsWokenByAWriter) {
  Pair pair;
  WaitGroup done;
  done.Go([&] {
    std::array<char, 8> buffer;
    const auto got = net::Read(Background(), pair.a, buffer);
    ASSERT_TRUE(got.ok());
    EXPECT_EQ(std::string(buffer.data(), *got), "hello");
  });
  done.Go([&] {
    for (int i = 0; i < 10; ++i) Gosched();
    EXPECT_TRUE(net::Write(Background(), pair.b, "hello").ok());
  });
  done.Wait();
}

TEST(Net, AThreadWaitsToo) {
  Pair pair;
  Go([&] { EXPECT_TRUE(net::Write(Background(), pair.b, "x").ok()); });
  EXPECT_TRUE(net::Poll(Background(), pair.a, net::Ready::kReadable).ok());
}

TEST(Net, WritesMoreThanTheBufferTakes) {
  Pair pair;
  const std::string bytes(4 << 20, 'x');
  WaitGroup done;
  done.Go([&] {
    EXPECT_TRUE(net::Write(Background(), pair.a, bytes).ok());
    shutdown(pair.a, SHUT_WR);
  });
  std::size_t got = 0;
  done.Go([&] { got = ReadAll(Background(), pair.b).value().size(); });
  done.Wait();
  EXPECT_EQ(got, bytes.size());
}

TEST(Net, AReaderAndAWriterOfOneDescriptor) {
  Pair pair;
  WaitGroup done;
  std::array<char, 4> buffer;
  done.Go([&] { EXPECT_TRUE(net::Read(Background(), pair.a, buffer).ok()); });
  done.Go([&] { EXPECT_TRUE(net::Poll(Background(), pair.a, net::Ready::kWritable).ok()); });
  done.Go([&] {
    for (int i = 0; i < 20; ++i) Gosched();
    EXPECT_TRUE(net::Write(Background(), pair.b, "both").ok());
  });
  done.Wait();
}

TEST(Net, ADeadlineEndsAWait) {
  Pair pair;
  auto [ctx, cancel] = WithTimeout(Background(), absl::Milliseconds(20));
  std::array<char, 8> buffer;
  const auto got = net::Read(ctx, pair.a, buffer);
  EXPECT_TRUE(absl::IsDeadlineExceeded(got.status())) << got.status();
  EXPECT_THAT(got.status().message(), HasSubstr("read: "));
  cancel();
  // The descriptor is as good as before.
  EXPECT_TRUE(net::Write(Background(), pair.b, "late").ok());
  EXPECT_EQ(net::Read(Background(), pair.a, buffer).value(), 4u);
}

TEST(Net, AContextThatHasEndedIsNotTried) {
  Pair pair;
  auto [ctx, cancel] = WithCancel(Background());
  cancel();
  EXPECT_TRUE(absl::IsCancelled(net::Write(ctx, pair.a, "x")));
  EXPECT_TRUE(absl::IsCancelled(net::Poll(ctx, pair.a, net::Ready::kWritable)));
}

TEST(Net, WhatCannotBeWaitedForIsAnError) {
  EXPECT_FALSE(net::Poll(Background(), 1 << 20, net::Ready::kReadable).ok());
  auto [ctx, cancel] = WithCancel(Background());
  EXPECT_FALSE(net::Poll(ctx, 1 << 20, net::Ready::kReadable).ok());
  cancel();
}

TEST(Net, ANumberThatWasClosedIsUsedAgain) {
  for (int i = 0; i < 3; ++i) {
    Pair pair;
    WaitGroup done;
    done.Go([&] { EXPECT_TRUE(net::Poll(Background(), pair.a, net::Ready::kReadable).ok()); });
    done.Go([&] { EXPECT_TRUE(net::Write(Background(), pair.b, "x").ok()); });
    done.Wait();
  }
}

TEST(Net, ConnectionsAreMadeAndAccepted) {
  Listener listener;
  constexpr int kClients = 20;
  WaitGroup done;
  done.Go([&] {
    for (int i = 0; i < kClients; ++i) {
      const auto connection = net::Accept(Background(), listener.fd);
      ASSERT_TRUE(connection.ok());
      Go([fd = *connection] {
        const Descriptor own(fd);
        EXPECT_TRUE(net::Write(Background(), own, "welcome").ok());
      });
    }
  });
  for (int i = 0; i < kClients; ++i) {
    done.Go([&] {
      const Descriptor fd = NewSocket();
      ASSERT_TRUE(net::Connect(Background(), fd, listener.At(), sizeof listener.address).ok());
      EXPECT_EQ(ReadAll(Background(), fd).value(), "welcome");
    });
  }
  done.Wait();
}

TEST(Net, NobodyListens) {
  sockaddr_in address;
  {
    Listener listener;
    address = listener.address;
  }
  const Descriptor fd = NewSocket();
  const absl::Status refused =
      net::Connect(Background(), fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
  EXPECT_TRUE(absl::IsUnavailable(refused)) << refused;
}

TEST(Net, CancelledInTheMiddleOfABody) {
  Listener listener;
  auto [ctx, cancel] = WithCancel(Background());
  WaitGroup done;
  done.Go([&] {
    const Descriptor connection(net::Accept(Background(), listener.fd).value());
    EXPECT_TRUE(net::Write(Background(), connection, "the first half").ok());
    // The second half never comes: the client goes first.
    EXPECT_EQ(ReadAll(Background(), connection).value(), "");
  });
  done.Go([&, ctx = ctx, cancel = cancel] {
    const Descriptor fd = NewSocket();
    ASSERT_TRUE(net::Connect(ctx, fd, listener.At(), sizeof listener.address).ok());
    Go([cancel] {
      Sleep(absl::Milliseconds(5));
      cancel();
    });
    const auto body = ReadAll(ctx, fd);
    EXPECT_TRUE(absl::IsCancelled(body.status())) << body.status();
  });
  done.Wait();
}

// Cancels race with readiness: each wait ends exactly once, and nothing of it stays.
TEST(Net, CancelAndReadinessAtOnce) {
  WaitGroup done;
  for (int i = 0; i < 200; ++i) {
    done.Go([] {
      Pair pair;
      auto [ctx, cancel] = WithCancel(Background());
      WaitGroup both;
      both.Go([&, cancel = cancel] { cancel(); });
      both.Go([&] { EXPECT_TRUE(net::Write(Background(), pair.b, "x").ok()); });
      std::array<char, 1> buffer;
      const auto got = net::Read(ctx, pair.a, buffer);
      EXPECT_TRUE(got.ok() || absl::IsCancelled(got.status())) << got.status();
      both.Wait();
    });
  }
  done.Wait();
}

TEST(Net, WhoWaitsForTheWorldDoesNotStandStill) {
  Pair pair;
  WaitGroup done;
  done.Go([&] { EXPECT_TRUE(net::Poll(Background(), pair.a, net::Ready::kReadable).ok()); });
  std::atomic<bool> ended{false};
  std::thread([&] {
    // Not a thread of the library's: nothing that counts moves while it looks.
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    EXPECT_FALSE(internal::StandingStill());
    EXPECT_EQ(write(pair.b, "x", 1), 1);
    ended = true;
  }).detach();
  done.Wait();
  while (!ended) std::this_thread::yield();
}

}  // namespace
}  // namespace gordian
