// What `gordian doctor` records: two goroutines that take two locks in opposite orders, held
// back until each has its first, so that the deadlock comes every time.
#include "gordian/gordian.h"

int main() {
  gordian::Mutex left{"left"}, right{"right"};
  gordian::Chan<gordian::Unit> left_is_held(1), right_is_held(1);
  gordian::WaitGroup both;
  both.Go("left then right", [&] {
    left.Lock();
    left_is_held.Send({});
    right_is_held.Recv();
    right.Lock();
    right.Unlock();
    left.Unlock();
  });
  both.Go("right then left", [&] {
    right.Lock();
    right_is_held.Send({});
    left_is_held.Recv();
    left.Lock();
    left.Unlock();
    right.Unlock();
  });
  both.Wait();
}
