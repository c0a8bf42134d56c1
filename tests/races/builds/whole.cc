// The other part: both add at a time, or one after the other.
#include <atomic>
#include <cstdio>
#include <cstring>
#include <thread>

int shared;
void AddFromPart();

namespace {

std::atomic<int> here{0};

// Both are there before either goes on.
void Gate() {
  here.fetch_add(1, std::memory_order_relaxed);
  while (here.load(std::memory_order_relaxed) < 2) std::this_thread::yield();
}

}  // namespace

int main(int, char** argv) {
  if (std::strcmp(argv[1], "race") == 0) {
    std::thread other([] {
      Gate();
      AddFromPart();
    });
    Gate();
    shared = shared + 1;
    other.join();
  } else {
    std::thread(AddFromPart).join();
    shared = shared + 1;
  }
  std::printf("%d\n", shared != 0);
}
