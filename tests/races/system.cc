// What the C library and the system do to memory, and what they order.
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "tests/races/programs.h"

namespace {

long data;
thread_local volatile std::size_t sink;  // each thread's own

std::array<char, 64> line{"a line"};

void StringReadWhileWritten() {
  Both([] { sink = std::strlen(line.data()); }, [] { std::strcpy(line.data(), "another line"); });
}

void StringReadTwice() {
  Both([] { sink = std::strlen(line.data()); },
       [] { sink = static_cast<std::size_t>(std::strcmp(line.data(), "a line")); });
}

void ReadIntoWhatIsRead() {
  int ends[2];
  if (pipe(ends) != 0 || write(ends[1], "text", 4) != 4) std::abort();
  Both([&] { sink = static_cast<std::size_t>(read(ends[0], line.data(), 4)); },
       [] {
         Pause();
         sink = static_cast<std::size_t>(std::memcmp(line.data(), "text", 4));
       });
}

std::array<int, 8> numbers{7, 6, 5, 4, 3, 2, 1, 0};

void SortedWhileRead() {
  const auto compare = [](const void* a, const void* b) {
    return *static_cast<const int*>(a) - *static_cast<const int*>(b);
  };
  Both([&] { std::qsort(numbers.data(), numbers.size(), sizeof(int), compare); },
       [] {
         Pause();
         sink = static_cast<std::size_t>(numbers[3]);
       });
}

// The first is over before the second begins, and nothing says so; the second's state may lie in
// memory that the first's was freed from.
void OneAfterTheOther() {
  std::thread first([] { data = 1; });
  Pause();
  std::thread second([] { data = 2; });
  first.join();
  second.join();
}

[[gnu::noinline]] long* Allocate() {
  auto* block = static_cast<long*>(std::malloc(sizeof(long)));
  *static_cast<volatile long*>(block) = 1;
  return block;
}

// The block is used for something else, and then again, without a release between.
void WrittenInAReusedBlock() {
  static std::atomic<long*> shared{nullptr};
  Both(
      [] {
        std::free(Allocate());
        long* again = Allocate();
        shared.store(again, std::memory_order_relaxed);
      },
      [] {
        long* seen = nullptr;
        while ((seen = shared.load(std::memory_order_relaxed)) == nullptr)
          std::this_thread::yield();
        sink = static_cast<std::size_t>(*seen);
      });
}

template <typename Send, typename Get>
void DataBefore(Send send, Get get) {
  Both(
      [=] {
        data = 1;
        send();
      },
      [=] {
        get();
        sink = static_cast<std::size_t>(data);
      });
}

void Pipe() {
  int ends[2];
  if (pipe(ends) != 0) std::abort();
  DataBefore([to = ends[1]] { sink = static_cast<std::size_t>(write(to, "x", 1)); },
             [from = ends[0]] {
               char got = 0;
               sink = static_cast<std::size_t>(read(from, &got, 1));
             });
}

void PipeTooEarly() {
  int ends[2];
  if (pipe(ends) != 0) std::abort();
  Both(
      [to = ends[1]] {
        sink = static_cast<std::size_t>(write(to, "x", 1));
        data = 1;
      },
      [from = ends[0]] {
        char got = 0;
        sink = static_cast<std::size_t>(read(from, &got, 1));
        Pause();
        sink = static_cast<std::size_t>(data);
      });
}

void ClosedPipe() {
  int ends[2];
  if (pipe(ends) != 0) std::abort();
  DataBefore([to = ends[1]] { close(to); },
             [from = ends[0]] {
               char got = 0;
               sink = static_cast<std::size_t>(read(from, &got, 1));
             });
}

void SocketPair() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) std::abort();
  DataBefore([to = ends[0]] { sink = static_cast<std::size_t>(send(to, "x", 1, 0)); },
             [from = ends[1]] {
               char got = 0;
               sink = static_cast<std::size_t>(recv(from, &got, 1, 0));
             });
}

void EventCounter() {
  const int counter = eventfd(0, 0);
  DataBefore([=] { eventfd_write(counter, 1); },
             [=] {
               eventfd_t value = 0;
               eventfd_read(counter, &value);
             });
}

constexpr Program kPrograms[] = {
    {"string-read-while-written", StringReadWhileWritten},
    {"string-read-twice", StringReadTwice},
    {"read-into-what-is-read", ReadIntoWhatIsRead},
    {"sorted-while-read", SortedWhileRead},
    {"one-after-the-other", OneAfterTheOther},
    {"written-in-a-reused-block", WrittenInAReusedBlock},
    {"pipe", Pipe},
    {"pipe-too-early", PipeTooEarly},
    {"closed-pipe", ClosedPipe},
    {"socket-pair", SocketPair},
    {"event-counter", EventCounter},
};

}  // namespace

std::span<const Program> SystemPrograms() { return kPrograms; }
