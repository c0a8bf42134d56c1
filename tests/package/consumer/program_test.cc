#include <gtest/gtest.h>

#include "gordian/gordian.h"

TEST(Consumer, CountsUnderALock) {
  gordian::Mutex mu{"counter"};
  gordian::WaitGroup done;
  int counter = 0;
  for (int i = 0; i < 4; ++i) {
    done.Go([&] {
      mu.Lock();
      ++counter;
      mu.Unlock();
    });
  }
  done.Wait();
  EXPECT_EQ(counter, 4);
}
