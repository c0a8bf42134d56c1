// Boost.Asio at work: timers, posted work and a strand on an io_context that four threads run, and
// a server with clients over TCP on a thread pool.
#include <array>
#include <atomic>
#include <boost/asio.hpp>
#include <cstdio>
#include <memory>
#include <thread>
#include <vector>

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

struct Session : std::enable_shared_from_this<Session> {
  explicit Session(tcp::socket accepted) : socket(std::move(accepted)) {}

  void Read() {
    socket.async_read_some(asio::buffer(bytes),
                           [self = shared_from_this()](auto error, auto count) {
                             if (!error) self->Write(count);
                           });
  }
  void Write(std::size_t count) {
    asio::async_write(socket, asio::buffer(bytes, count),
                      [self = shared_from_this()](auto error, std::size_t) {
                        if (!error) self->Read();
                      });
  }

  tcp::socket socket;
  std::array<char, 64> bytes;
};

void Accept(tcp::acceptor& acceptor) {
  acceptor.async_accept([&acceptor](auto error, tcp::socket socket) {
    if (error) return;
    std::make_shared<Session>(std::move(socket))->Read();
    Accept(acceptor);
  });
}

int Echoes(unsigned short port) {
  int echoed = 0;
  asio::io_context context;
  tcp::socket socket(context);
  socket.connect({asio::ip::address_v4::loopback(), port});
  for (int i = 0; i < 200; ++i) {
    const std::string word = "word " + std::to_string(i);
    asio::write(socket, asio::buffer(word));
    std::string back(word.size(), ' ');
    asio::read(socket, asio::buffer(back));
    echoed += back == word;
  }
  return echoed;
}

}  // namespace

int main() {
  asio::io_context context;
  std::atomic<int> ticks{0};
  long in_strand = 0;  // guarded by the strand
  auto strand = asio::make_strand(context);
  std::vector<std::unique_ptr<asio::steady_timer>> timers;
  for (int i = 0; i < 50; ++i) {
    timers.push_back(
        std::make_unique<asio::steady_timer>(context, std::chrono::milliseconds(i % 7)));
    timers.back()->async_wait([&](auto error) { ticks += !error; });
  }
  for (int i = 0; i < 10'000; ++i) asio::post(strand, [&] { ++in_strand; });
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] { context.run(); });
  for (std::thread& thread : threads) thread.join();

  asio::thread_pool pool(3);
  tcp::acceptor acceptor(pool, {asio::ip::address_v4::loopback(), 0});
  const unsigned short port = acceptor.local_endpoint().port();
  Accept(acceptor);
  std::atomic<int> echoed{0};
  std::vector<std::thread> clients;
  for (int i = 0; i < 3; ++i) clients.emplace_back([&] { echoed += Echoes(port); });
  for (std::thread& client : clients) client.join();
  asio::post(pool, [&] { acceptor.close(); });
  pool.join();
  std::printf("%d ticks, %ld in the strand, %d echoes\n", ticks.load(), in_strand, echoed.load());
}
