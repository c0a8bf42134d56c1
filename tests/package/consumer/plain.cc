// Two threads add under a lock.
#include <cstdio>
#include <mutex>
#include <thread>

int main() {
  std::mutex mutex;
  long sum = 0;
  const auto add = [&] {
    for (int i = 0; i < 100; ++i) {
      std::lock_guard lock(mutex);
      sum += i;
    }
  };
  std::thread one(add), two(add);
  one.join();
  two.join();
  std::printf("sum: %ld\n", sum);
  return sum == 9900 ? 0 : 1;
}
