// Blocking calls hand their processor on; what is blocked in them does not stand still.

#include "gordian/blocking.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <set>
#include <stdexcept>
#include <thread>

#include "gordian/chan.h"
#include "gordian/go.h"
#include "gordian/internal/freeze.h"
#include "gordian/mutex.h"
#include "gordian/runtime.h"
#include "gordian/wait_group.h"
#include "gtest/gtest.h"

namespace gordian {
namespace {

class OneProcessor : public testing::Test {
 protected:
  void SetUp() override { before_ = GoMaxProcs(1); }
  void TearDown() override { GoMaxProcs(before_); }

 private:
  int before_ = 1;
};

// A pipe whose reader blocks until it is written to.
struct Pipe {
  Pipe() { EXPECT_EQ(pipe(ends), 0); }
  ~Pipe() {
    close(ends[0]);
    close(ends[1]);
  }
  void Read() {
    char byte;
    EXPECT_EQ(read(ends[0], &byte, 1), 1);
  }
  void Write() { EXPECT_EQ(write(ends[1], "x", 1), 1); }
  int ends[2];
};

using Blocking_ = OneProcessor;

TEST_F(Blocking_, OthersRunWhileOneBlocks) {
  Pipe pipe;
  WaitGroup done;
  std::atomic<bool> blocked{false};
  done.Go([&] {
    Blocking([&] {
      blocked = true;
      pipe.Read();
    });
  });
  // It has the only processor, and must be written to by somebody who runs on it.
  done.Go([&] {
    while (!blocked) Gosched();
    pipe.Write();
  });
  done.Wait();
}

TEST_F(Blocking_, ManyAtOnceAndShortOnesInARow) {
  constexpr int kTasks = 8;
  Pipe pipe;
  WaitGroup done;
  std::atomic<int> sum{0};
  for (int i = 0; i < kTasks; ++i) {
    done.Go([&] {
      Blocking([&] { pipe.Read(); });
      for (int k = 0; k < 1000; ++k) sum += Blocking([] { return 1; });
    });
  }
  done.Go([&] {
    for (int i = 0; i < kTasks; ++i) {
      Blocking([] { std::this_thread::sleep_for(std::chrono::milliseconds(3)); });
      pipe.Write();
    }
  });
  done.Wait();
  EXPECT_EQ(sum, kTasks * 1000);
}

TEST_F(Blocking_, ReturnsAndThrowsWhatTheCallDoes) {
  WaitGroup done;
  done.Go([] {
    EXPECT_EQ(Blocking([] { return 7; }), 7);
    EXPECT_THROW(Blocking([] { throw std::runtime_error("no"); }), std::runtime_error);
    EXPECT_EQ(Blocking([] { return Blocking([] { return 8; }); }), 8);
  });
  done.Wait();
  EXPECT_EQ(Blocking([] { return 9; }), 9);  // from a plain thread
}

TEST_F(Blocking_, ALockTakenInsideWorks) {
  Mutex mutex;
  WaitGroup done;
  mutex.Lock();
  std::atomic<bool> inside{false};
  done.Go([&] {
    Blocking([&] {
      inside = true;
      mutex.Lock();
      mutex.Unlock();
    });
  });
  while (!inside) Gosched();
  Blocking([] { std::this_thread::sleep_for(std::chrono::milliseconds(10)); });
  mutex.Unlock();
  done.Wait();
}

TEST_F(Blocking_, LockedToItsThreadBeforeAndAfter) {
  WaitGroup done;
  done.Go([] {
    LockOSThread();
    const auto thread = std::this_thread::get_id();
    Blocking([] { std::this_thread::sleep_for(std::chrono::milliseconds(5)); });
    Gosched();
    EXPECT_EQ(std::this_thread::get_id(), thread);
    UnlockOSThread();
  });
  done.Wait();
}

// Each call is long enough for its processor to be handed on, so that its thread is left without.
TEST_F(Blocking_, ThreadsServeOneCallAfterTheOther) {
  WaitGroup done;
  std::set<std::thread::id> threads;
  done.Go([&] {
    for (int i = 0; i < 20; ++i) {
      Blocking([&] {
        threads.insert(std::this_thread::get_id());
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      });
    }
  });
  done.Wait();
  EXPECT_LT(threads.size(), 10u);
}

TEST_F(Blocking_, AThreadThatWasLockedByAnEndedGoroutineEnds) {
  WaitGroup done;
  pid_t locked = 0;
  done.Go([&] {
    LockOSThread();
    locked = gettid();
  });
  done.Wait();
  for (int i = 0; i < 1000 && kill(locked, 0) == 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_NE(kill(locked, 0), 0);
}

TEST_F(Blocking_, WhoBlocksDoesNotStandStill) {
  Pipe pipe;
  WaitGroup done;
  std::atomic<bool> blocked{false};
  done.Go([&] {
    Blocking([&] {
      blocked = true;
      pipe.Read();
    });
  });
  std::thread outside([&] {
    while (!blocked) std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));  // its processor is handed on
    EXPECT_FALSE(internal::StandingStill());
    pipe.Write();
  });
  Blocking([&] { outside.join(); });
  done.Wait();
}

}  // namespace
}  // namespace gordian
