// Channels under load: no value is lost, doubled, or overtakes another of its sender.
#include <random>
#include <thread>
#include <vector>

#include "gordian/atomic.h"
#include "gordian/chan.h"
#include "gordian/context.h"
#include "gordian/panic.h"
#include "gordian/select.h"
#include "gordian/wait_group.h"
#include "tests/lib/recorded.h"

namespace gordian {
namespace {

struct Item {
  int sender;
  int number;
};

// What came out of a channel, seen by one receiver: numbers of one sender never go back.
class Received {
 public:
  explicit Received(int senders) : last_(static_cast<std::size_t>(senders), -1) {}

  void Take(const Item& item) {
    int& last = last_.at(static_cast<std::size_t>(item.sender));
    EXPECT_LT(last, item.number) << "of sender " << item.sender;
    last = item.number;
    items_.push_back(item);
  }
  const std::vector<Item>& items() const { return items_; }

 private:
  std::vector<int> last_;
  std::vector<Item> items_;
};

// Every (sender, number) exactly once.
void ExpectAllOnce(const std::vector<Received>& receivers, int senders, int each) {
  std::vector<int> seen(static_cast<std::size_t>(senders * each), 0);
  for (const Received& receiver : receivers) {
    for (const Item& item : receiver.items()) {
      ++seen.at(static_cast<std::size_t>(item.sender * each + item.number));
    }
  }
  for (int count : seen) ASSERT_EQ(count, 1);
}

struct Load {
  int capacity, senders, receivers, each;
};

class ChanStressTest : public ::testing::TestWithParam<Load> {};

// Half of the tasks are goroutines and half are threads; half of them select.
void Exchange(const Load& load) {
  Chan<Item> c(load.capacity, "c");
  Chan<Item> never(0, "never");
  std::vector<Received> received(static_cast<std::size_t>(load.receivers), Received(load.senders));
  WaitGroup senders, receivers;
  std::vector<std::thread> threads;
  const auto start = [&](WaitGroup& group, int i, auto body) {
    if (i % 2 == 0) return group.Go(body);
    group.Add(1);
    threads.emplace_back([&group, body] {
      body();
      group.Done();
    });
  };
  for (int i = 0; i < load.receivers; ++i) {
    start(receivers, i, [&, i] {
      Received& mine = received[static_cast<std::size_t>(i)];
      if (i % 4 < 2) {
        for (Item item : c) mine.Take(item);
        return;
      }
      for (bool open = true; open;) {
        Select(Recv(never), Recv(c, [&](std::optional<Item> item) {
                 item.has_value() ? mine.Take(*item) : void(open = false);
               }));
      }
    });
  }
  for (int i = 0; i < load.senders; ++i) {
    start(senders, i, [&, i] {
      for (int k = 0; k < load.each; ++k) {
        if (i % 4 < 2) {
          c.Send({i, k});
        } else {
          Select(Send(c, Item{i, k}), Recv(never));
        }
      }
    });
  }
  senders.Wait();
  c.Close();
  receivers.Wait();
  for (std::thread& thread : threads) thread.join();
  ExpectAllOnce(received, load.senders, load.each);
}

TEST_P(ChanStressTest, EveryValueArrivesOnceAndInOrder) { Exchange(GetParam()); }

TEST_P(ChanStressTest, TheTraceOfItIsLegal) {
  Load load = GetParam();
  load.each /= 20;
  const testing::Recorded trace([&] { Exchange(load); });
  int sent = 0, received = 0;
  for (const trace::Event& event : trace.events()) {
    sent += event.type == trace::EventType::kChanSend;
    received += event.type == trace::EventType::kChanRecv;
  }
  EXPECT_EQ(sent, load.senders * load.each);
  EXPECT_EQ(received, sent);
}

INSTANTIATE_TEST_SUITE_P(Loads, ChanStressTest,
                         ::testing::Values(Load{0, 4, 4, 4000}, Load{1, 4, 4, 4000},
                                           Load{7, 8, 2, 4000}, Load{100, 2, 8, 4000},
                                           Load{0, 1, 1, 4000}, Load{3, 8, 8, 2000}));

// Random operations by one task on one channel, compared with a queue.
TEST(ChanModelTest, AgreesWithANaiveModel) {
  std::mt19937 random(1);
  for (int round = 0; round < 300; ++round) {
    const int capacity = static_cast<int>(random() % 4);
    Chan<int> c(capacity);
    std::vector<int> model;
    bool closed = false;
    for (int step = 0; step < 100; ++step) {
      const bool can_send = static_cast<int>(model.size()) < capacity;
      switch (random() % 4) {
        case 0:
          if (closed) {
            EXPECT_THROW(Select(Send(c, step), Default()), Panic);
          } else {
            ASSERT_EQ(Select(Send(c, step), Default()), can_send ? 0 : 1);
            if (can_send) model.push_back(step);
          }
          break;
        case 1: {
          std::optional<int> got;
          const int taken = Select(Recv(c, [&](auto value) { got = value; }), Default());
          ASSERT_EQ(taken, model.empty() && !closed ? 1 : 0);
          ASSERT_EQ(got.has_value(), !model.empty());
          if (got.has_value()) {
            ASSERT_EQ(*got, model.front());
            model.erase(model.begin());
          }
          break;
        }
        case 2:
          ASSERT_EQ(c.Len(), model.size());
          break;
        default:
          if (random() % 40 != 0) break;
          if (closed) {
            EXPECT_THROW(c.Close(), Panic);
          } else {
            c.Close();
          }
          closed = true;
      }
    }
  }
}

// Tasks that select over the same few channels in both directions: whatever is sent is
// received, or still in a buffer.
TEST(SelectStressTest, SendsAndReceivesBalance) {
  const std::vector<Chan<int>> channels = {Chan<int>(0), Chan<int>(1), Chan<int>(0)};
  Atomic<int> sent{0}, received{0};
  auto [ctx, cancel] = WithTimeout(Background(), absl::Milliseconds(200));
  WaitGroup group;
  for (int i = 0; i < 8; ++i) {
    group.Go([&, i, ctx = ctx] {
      for (int k = 0;; ++k) {
        const Chan<int>& a = channels[static_cast<std::size_t>((i + k) % 3)];
        const Chan<int>& b = channels[static_cast<std::size_t>((i + 2 * k + 1) % 3)];
        const auto got = [&](std::optional<int> n) { received.Add(*n); };
        const auto put = [&] { sent.Add(1); };
        if (Select(Send(a, 1, put), Recv(b, got), Recv(a, got), Recv(ctx.Done())) == 3) return;
      }
    });
  }
  group.Wait();
  cancel();
  int left = 0;
  for (const Chan<int>& c : channels) left += static_cast<int>(c.Len());
  EXPECT_EQ(sent.Load(), received.Load() + left);
}

}  // namespace
}  // namespace gordian
