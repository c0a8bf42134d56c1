// A library that programs open and close, and that uses threads and locks of its own.
#include <chrono>
#include <mutex>
#include <thread>

namespace {

std::mutex left, right;

void Both(std::mutex& first, std::mutex& second) {
  std::lock_guard one(first);
  std::lock_guard two(second);
}

struct Loaded {
  Loaded() { std::lock_guard lock(left); }
  ~Loaded() {
    std::thread([] { Both(left, right); }).join();
  }
} loaded;

}  // namespace

extern "C" void Work() {
  std::thread one([] { Both(left, right); }), two([] { Both(left, right); });
  one.join();
  two.join();
}

extern "C" void WorkInOppositeOrders() {
  std::thread one([] { Both(left, right); });
  std::thread two([] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    Both(right, left);
  });
  one.join();
  two.join();
}
