// What the variable is: global, on the heap, on a stack, a bit-field, the pointer to a virtual
// table.
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <vector>

#include "tests/races/programs.h"

// Seen by other files, so that writing to them is not for nothing.
constexpr int kMany = 1000;
int many[kMany];

namespace {

struct Account {
  long cents = 0;
};
Account account;
std::mutex mutex;

void Deposit() {
  for (int i = 0; i < 10; ++i) account.cents += i;
}

void Counter() { Both(Deposit, Deposit); }

void CounterUnderALock() {
  const auto deposit = [] {
    std::lock_guard lock(mutex);
    Deposit();
  };
  Both(deposit, deposit);
}

void CounterOfThreadsInTurn() {
  std::thread(Deposit).join();
  Deposit();
  std::thread(Deposit).join();
}

[[gnu::noinline]] void Add(long cents) { account.cents += cents; }

// What a thread did while it was the only one stands for nothing that it does beside others.
void WrittenAroundTheStart() {
  Add(1);
  std::thread other(Add, 2);
  Add(3);
  other.join();
}

void WrittenBeforeTheStart() {
  Add(1);
  std::thread other(Add, 2);
  other.join();
  Add(3);
}

void Heap() {
  auto cents = std::make_unique<long>(0);
  const auto deposit = [&] { *cents += 1; };
  Both(deposit, deposit);
}

void HeapOfEachThread() {
  const auto work = [] {
    for (int i = 0; i < 100; ++i) {
      const auto own = std::make_unique<long>(i);
      *own += 1;
    }
  };
  Both(work, work);
}

// What one thread has freed another gets, with nothing between that orders them.
void ReusedBlocks() {
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([] {
      for (int round = 0; round < 200; ++round) {
        auto* block = static_cast<char*>(std::malloc(64 + round % 5));
        std::memset(block, round, 64);
        std::free(block);
      }
    });
    Pause(2);
  }
  for (std::thread& thread : threads) thread.join();
}

// Detached threads get each other's stacks; what is waited for orders nothing.
void ReusedStacks() {
  static std::atomic<int> ended{0};
  for (int i = 0; i < 6; ++i) {
    std::thread([] {
      volatile int local[64];
      int* escapes = const_cast<int*>(local);
      for (int k = 0; k < 64; ++k) escapes[k] = k;
      ended.fetch_add(1, std::memory_order_relaxed);
    }).detach();
    while (ended.load(std::memory_order_relaxed) <= i) Pause(5);
  }
}

void UsedAfterFree() {
  auto* shared = static_cast<long*>(std::malloc(sizeof(long)));
  *shared = 7;
  Both([=] { *const_cast<volatile long*>(shared) = 8; },
       [=] {
         Pause(60);
         std::free(shared);
       });
}

void FreedAfterTheJoin() {
  auto* shared = static_cast<long*>(std::malloc(sizeof(long)));
  *shared = 7;
  std::thread([=] { *shared = 8; }).join();
  std::free(shared);
}

void EscapingLocal() {
  long local = 0;
  std::thread other([&] { local += 1; });
  local += 1;
  other.join();
}

void EscapingLocalAfterTheJoin() {
  long local = 0;
  std::thread other([&] { local += 1; });
  other.join();
  local += 1;
}

struct Flags {
  unsigned open : 1;
  unsigned closed : 1;
};
Flags flags;

void BitFieldsOfOneByte() {
  Both([] { flags.open = 1; }, [] { flags.closed = 1; });
  // Or there would be no need to write them.
  [[maybe_unused]] volatile unsigned both = flags.open + flags.closed;
}

struct Pair {
  char first, second;
};
Pair pair;

void NeighbouringBytes() {
  Both([] { pair.first = 1; }, [] { pair.second = 1; });
}

struct Shape {
  virtual ~Shape() { Pause(1); }
  virtual int Sides() { return 0; }
};
struct Square : Shape {
  ~Square() override { Pause(1); }
  int Sides() override { return 4; }
};
Shape* volatile made = nullptr;  // nobody can know of what type it is

// It is called while, or before, somebody destroys it.
void DestroyedWhileCalled() {
  made = new Square;
  Shape* shape = made;
  Both([=] { static_cast<void>(shape->Sides()); },
       [=] {
         Pause(60);
         shape->~Shape();
       });
  ::operator delete(shape);
}

void DestroyedAfterCalls() {
  made = new Square;
  Shape* shape = made;
  std::thread([=] { static_cast<void>(shape->Sides()); }).join();
  delete shape;
}

void OverlappingParts() {
  const auto fill = [](int from, int to) {
    for (int i = from; i < to; ++i) many[i] = i;
  };
  Both([=] { fill(0, 501); }, [=] { fill(500, kMany); });
}

void SeparateParts() {
  const auto fill = [](int from, int to) {
    for (int i = from; i < to; ++i) many[i] = i;
  };
  Both([=] { fill(0, 500); }, [=] { fill(500, kMany); });
}

void EvenAndOdd() {
  const auto fill = [](int from) {
    for (int i = from; i < kMany; i += 2) many[i] = i;
  };
  Both([=] { fill(0); }, [=] { fill(1); });
}

void Backwards() {
  Both(
      [] {
        for (int i = 500; i >= 0; --i) many[i] = i;
      },
      [] {
        for (int i = 501; i < kMany; ++i) many[i] = i;
      });
}

char text[256];

void CopiedWhileWritten() {
  Both([] { std::memset(text, 'a', sizeof text); },
       [] {
         char copy[sizeof text];
         std::memcpy(copy, text, sizeof text);
         volatile char sink = copy[17];
         static_cast<void>(sink);
       });
}

thread_local int own = 0;

void ThreadLocals() {
  const auto work = [] {
    int* mine = &own;
    for (int i = 0; i < 10; ++i) *mine += i;
  };
  Both(work, work);
}

constexpr Program kPrograms[] = {
    {"counter", Counter},
    {"counter-under-a-lock", CounterUnderALock},
    {"counter-of-threads-in-turn", CounterOfThreadsInTurn},
    {"written-around-the-start", WrittenAroundTheStart},
    {"written-before-the-start", WrittenBeforeTheStart},
    {"heap", Heap},
    {"heap-of-each-thread", HeapOfEachThread},
    {"reused-blocks", ReusedBlocks},
    {"reused-stacks", ReusedStacks},
    {"used-after-free", UsedAfterFree},
    {"freed-after-the-join", FreedAfterTheJoin},
    {"escaping-local", EscapingLocal},
    {"escaping-local-after-the-join", EscapingLocalAfterTheJoin},
    {"bit-fields-of-one-byte", BitFieldsOfOneByte},
    {"neighbouring-bytes", NeighbouringBytes},
    {"destroyed-while-called", DestroyedWhileCalled},
    {"destroyed-after-calls", DestroyedAfterCalls},
    {"overlapping-parts", OverlappingParts},
    {"separate-parts", SeparateParts},
    {"even-and-odd", EvenAndOdd},
    {"backwards", Backwards},
    {"copied-while-written", CopiedWhileWritten},
    {"thread-locals", ThreadLocals},
};

}  // namespace

std::span<const Program> MemoryPrograms() { return kPrograms; }
